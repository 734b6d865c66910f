#include "operators/choice.h"

#include <ATen/Parallel.h>

#include <chrono>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>
#include <sstream>

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#endif

#include "bindings/env.h"

namespace gantry {
namespace {

constexpr auto kOurs = "gantry", kTheirs = "libtorch";

/** Rounds of both ways in turns, of which the fastest counts, and the seconds after which no round is begun. */
constexpr int kRounds = 5;
constexpr double kSeconds = 0.3;
/** What LibTorch's must take at most of the time of Gantry's to be chosen: noise chooses nothing. */
constexpr double kGain = 0.95;

std::mutex mutex;
bool active = false, measures = false;
/** While this thread measures, what a way asks for in turn is not measured: that would wait for the file's lock. */
thread_local bool measuring = false;
/** Lines of a shape and a choice; empty where choices are kept in this process alone. */
std::string file;
/** What a shape's choice depends on besides the shape: the switches of Gantry's ways. */
std::string switches;
std::map<std::string, std::string>& choices() {
  static auto* const all = new std::map<std::string, std::string>();
  return *all;
}
/** Of them, those that this process has met. */
std::map<std::string, std::string>& met() {
  static auto* const all = new std::map<std::string, std::string>();
  return *all;
}

bool isChoice(const std::string& word) { return word == kOurs || word == kTheirs; }

/** The choice for a shape, which is then one that this process has met; empty where there is none. */
std::string find(const std::string& key) {
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = choices().find(key);
  return found == choices().end() ? "" : met()[key] = found->second;
}

/** Reads lines; what is known already stays. Under the mutex. */
void read(std::istream& lines) {
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.rfind(' ');
    if (space != std::string::npos && isChoice(line.substr(space + 1))) choices().emplace(line.substr(0, space), line.substr(space + 1));
  }
}

#if !defined(_WIN32)
/** The file, locked; all of it does nothing where it cannot be opened. */
class Locked {
 public:
  explicit Locked(const std::string& path) {
    if (path.empty()) return;
    file_ = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0 || ::flock(file_, LOCK_EX) != 0) return;
    std::ifstream lines(path);
    const std::lock_guard<std::mutex> lock(mutex);
    read(lines);
  }
  ~Locked() {
    if (file_ >= 0) ::close(file_);
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  void append(const std::string& key, const std::string& choice) const {
    // Begins with a line's end: what a killed process left unfinished is no part of it.
    const std::string line = "\n" + key + " " + choice + "\n";
    if (file_ >= 0 && ::write(file_, line.data(), line.size()) < 0) return;
  }

 private:
  int file_ = -1;
};
#else
class Locked {
 public:
  explicit Locked(const std::string&) {}
  void append(const std::string&, const std::string&) const {}
};
#endif

std::string keyOf(const char* map, const at::Tensor& first, const at::Tensor& second, const Geometry& g) {
  std::ostringstream key;
  const auto last = [](const at::Tensor& tensor) {
    return tensor.suggest_memory_format() == at::MemoryFormat::ChannelsLast ? "last" : "first";
  };
  key << map << ' ' << c10::toString(first.scalar_type()) << ' ' << last(first) << ' ' << last(second) << " n" << g.batch << ' '
      << g.inChannels << "to" << g.outChannels << " size" << g.size[0] << 'x' << g.size[1] << " kernel" << g.kernel[0] << 'x' << g.kernel[1]
      << " stride" << g.stride[0] << 'x' << g.stride[1] << " padding" << g.padding[0] << ',' << g.padding[1] << ',' << g.after[0]
      << ',' << g.after[1] << " threads" << at::get_num_threads() << switches;
  return key.str();
}

double secondsOf(const Way& way) {
  const auto began = std::chrono::steady_clock::now();
  way();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

std::string measured(const Way& ours, const Way& theirs) {
  measuring = true;
  struct End {
    ~End() { measuring = false; }
  } end;
  // The first of each makes memory and plans that the others find.
  double spent = secondsOf(ours) + secondsOf(theirs);
  double own = std::numeric_limits<double>::infinity(), other = own;
  for (int round = 0; round < kRounds && (round == 0 || spent < kSeconds); ++round) {
    const double first = secondsOf(ours), second = secondsOf(theirs);
    own = std::min(own, first);
    other = std::min(other, second);
    spent += first + second;
  }
  return other < kGain * own ? kTheirs : kOurs;
}

napi_value keepChoices(napi_env env, napi_callback_info info) {
  return guarded(env, "keepChoices", [&]() -> napi_value {
    Arguments args(env, info);
    const std::string path = toString(env, args.at(0), "path");
    const std::lock_guard<std::mutex> lock(mutex);
    file = path;
    active = measures = true;
    return nullptr;
  });
}

/// One shape and its choice a line, which go before the file's, and before what was measured.
napi_value recallChoices(napi_env env, napi_callback_info info) {
  return guarded(env, "recallChoices", [&]() -> napi_value {
    Arguments args(env, info);
    std::istringstream lines(toString(env, args.at(0), "lines"));
    const std::lock_guard<std::mutex> lock(mutex);
    std::map<std::string, std::string> before;
    before.swap(choices());
    read(lines);
    choices().insert(before.begin(), before.end());
    active = true;
    return nullptr;
  });
}

/// What this process has met, in the lines that recallChoices() takes.
napi_value metChoices(napi_env env, napi_callback_info) {
  return guarded(env, "metChoices", [&]() -> napi_value {
    const std::lock_guard<std::mutex> lock(mutex);
    std::string lines;
    for (const auto& [key, choice] : met()) lines += key + " " + choice + "\n";
    return fromString(env, lines);
  });
}

}  // namespace

bool choosing() { return active; }

void setSwitches(bool amxKernels, bool winograd) {
  const std::lock_guard<std::mutex> lock(mutex);
  switches = std::string(amxKernels ? "" : " without-matrix-unit") + (winograd ? "" : " without-winograd");
}

at::Tensor chosen(const char* map, const at::Tensor& first, const at::Tensor& second, const Geometry& g, const Way& ours,
                  const Way& theirs) {
  const std::string key = keyOf(map, first, second, g);
  std::string choice = find(key);
  if (choice == kTheirs) return theirs();
  at::Tensor made = ours();
  if (!made.defined()) return theirs();
  if (!choice.empty() || measuring || !measures) return made;
  std::string path;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    path = file;
  }
  {
    const Locked locked(path);
    choice = find(key);
    if (choice.empty()) {
      choice = measured(ours, theirs);
      locked.append(key, choice);
      const std::lock_guard<std::mutex> lock(mutex);
      met()[key] = choices()[key] = choice;
    }
  }
  return choice == kTheirs ? theirs() : made;
}

void initChoice(napi_env env, napi_value exports) {
  exportFunction(env, exports, "keepChoices", keepChoices);
  exportFunction(env, exports, "recallChoices", recallChoices);
  exportFunction(env, exports, "metChoices", metChoices);
}

}  // namespace gantry
