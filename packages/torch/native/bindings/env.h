// What one JavaScript environment owns natively, and the conversions every file here shares.
//
// The narrow waist of the addon: JavaScript never holds a C++ pointer. A tensor is a number, a handle into this
// environment's table; a handle carries a generation, so a stale one is an error and never somebody else's memory.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/Generator.h>
#define NAPI_VERSION 8
#include <napi.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gantry {

/// A misuse found before LibTorch is asked (wrong argument kind, freed tensor). Becomes a TorchError.
struct Misuse : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Slots reused through a free list. Handle = generation * 2^24 + slot, exact in a double.
template <typename T>
class Table {
 public:
  double add(T value) {
    uint32_t slot;
    if (free_.empty()) {
      if (slots_.size() >= (1u << 24)) throw Misuse("more than 16 million live handles: free some with scope() or using");
      slot = static_cast<uint32_t>(slots_.size());
      slots_.push_back({std::move(value), 1, true});
    } else {
      slot = free_.back();
      free_.pop_back();
      slots_[slot].value = std::move(value);
      slots_[slot].live = true;
    }
    ++live_;
    return static_cast<double>(slots_[slot].generation) * 16777216.0 + slot;
  }

  /// Undefined for a handle that is stale, zero or was never given out.
  T* find(double handle) {
    if (!(handle >= 16777216.0) || handle > 9007199254740991.0) return nullptr;
    const auto bits = static_cast<uint64_t>(handle);
    const auto slot = static_cast<uint32_t>(bits & 0xffffff);
    if (slot >= slots_.size()) return nullptr;
    Slot& s = slots_[slot];
    if (!s.live || s.generation != (bits >> 24)) return nullptr;
    return &s.value;
  }

  bool remove(double handle) {
    if (find(handle) == nullptr) return false;
    const auto slot = static_cast<uint32_t>(static_cast<uint64_t>(handle) & 0xffffff);
    Slot& s = slots_[slot];
    s.live = false;
    s.generation = s.generation == 0x1fffffff ? 1 : s.generation + 1;
    T dead = std::move(s.value);  // destroyed after the slot is consistent again
    s.value = T();
    free_.push_back(slot);
    --live_;
    return true;
  }

  size_t live() const { return live_; }
  static size_t slotOf(double handle) { return static_cast<uint64_t>(handle) & 0xffffff; }

  template <typename F>
  void each(F visit) {
    for (auto& s : slots_)
      if (s.live) visit(s.value);
  }

 private:
  struct Slot {
    T value;
    uint32_t generation;
    bool live;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t live_ = 0;
};

struct Operator;

/// Weakly held: whose tensor this is, in JavaScript, and its handle.
struct Watched {
  napi_ref object = nullptr;
  double handle = 0;
};

/// Everything native that belongs to one JavaScript environment (the main thread or one worker).
struct Env {
  Env();
  ~Env();
  Table<at::Tensor> tensors;
  Table<at::Generator> generators;
  std::vector<std::unique_ptr<Operator>> operators;
  std::unordered_map<std::string, uint32_t> operatorIndex;
  napi_ref errorClass = nullptr;
  /// By slot: tensors that the collector may find lost (bindings/collector.cc).
  std::vector<Watched> watched;
  /// Bytes of native memory that V8 knows of.
  int64_t told = 0;

  at::Tensor& tensor(double handle);
  at::Generator& generator(double handle);
};

Env& envOf(napi_env env);

/// Throws the pending C++ exception as a JavaScript TorchError. `operatorName` and `shapes` may be empty.
void throwAsJs(napi_env env, const std::string& operatorName, const std::string& shapes);

/// Runs `body`, turning every C++ exception into a JavaScript error.
template <typename F>
napi_value guarded(napi_env env, const char* name, F body) {
  try {
    return body();
  } catch (...) {
    throwAsJs(env, name, "");
    return nullptr;
  }
}

/// Checks a napi status; a failure with a pending JavaScript exception leaves that exception in place.
struct PendingException {};
inline void check(napi_env env, napi_status status, const char* what) {
  if (status == napi_ok) return;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) throw PendingException{};
  throw Misuse(what);
}

struct Arguments {
  static constexpr size_t kMax = 40;
  napi_env env;
  size_t count = kMax;
  napi_value values[kMax];
  Arguments(napi_env e, napi_callback_info info);
  napi_value at(size_t i) const;  // undefined when absent
};

std::string toString(napi_env env, napi_value value, const char* what);
/// The length of an array, which must be one of at most a million elements: JavaScript makes longer ones out of nothing.
uint32_t lengthOf(napi_env env, napi_value array, const char* what);
double toDouble(napi_env env, napi_value value, const char* what);
int64_t toInt(napi_env env, napi_value value, const char* what);
bool toBool(napi_env env, napi_value value, const char* what);
bool isNullish(napi_env env, napi_value value);
std::vector<double> toHandles(napi_env env, napi_value value, const char* what);
std::vector<at::Tensor> toTensors(napi_env env, napi_value value, const char* what);

napi_value fromDouble(napi_env env, double value);
napi_value fromString(napi_env env, const std::string& value);
napi_value fromBool(napi_env env, bool value);

at::ScalarType dtypeFromName(const std::string& name);
const char* dtypeName(at::ScalarType dtype);
at::Device deviceFromName(const std::string& name);
std::string shapeText(const at::Tensor& tensor);

void exportFunction(napi_env env, napi_value exports, const char* name, napi_callback callback);

void initTensor(napi_env env, napi_value exports);
void initDispatch(napi_env env, napi_value exports);
void initAutograd(napi_env env, napi_value exports);
void initRandom(napi_env env, napi_value exports);
void initSystem(napi_env env, napi_value exports);
void initChoice(napi_env env, napi_value exports);
void initCollector(napi_env env, napi_value exports);
void initDistributed(napi_env env, napi_value exports);

/// Outside every scope: tells V8 what native memory is held, if that has changed much, frees what it found lost, and gives
/// back what is kept for tensors that do not come.
void tellCollector(napi_env env, Env& state);

/// Frees a tensor, and forgets whose it was.
void freeTensor(napi_env env, Env& state, double handle);

}  // namespace gantry
