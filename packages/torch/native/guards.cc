// What is refused at the boundary because LibTorch, once let in, would end the process instead of throwing.
#include "guards.h"

#include <c10/core/CPUAllocator.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>

namespace gantry {
namespace {

constexpr size_t kUnknown = std::numeric_limits<size_t>::max();

/// Allocations below this are not worth asking the system about.
constexpr size_t kLarge = size_t{256} << 20;

std::atomic<size_t> allocationLimit{kUnknown};

size_t numberIn(const char* path) {
  std::ifstream file(path);
  size_t number = 0;
  return file >> number ? number : kUnknown;
}

/// The number after `key` in a file of `key number` lines.
size_t fieldOf(const char* path, const char* key) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    size_t number = 0;
    if (word == key && file >> number) return number;
  }
  return kUnknown;
}

/// Bytes that can be used before the kernel starts to kill processes: the machine's, or the container's if fewer.
size_t availableMemory() {
  const size_t kilobytes = fieldOf("/proc/meminfo", "MemAvailable:");
  size_t available = kilobytes == kUnknown ? kUnknown : kilobytes * 1024;
  const size_t most = numberIn("/sys/fs/cgroup/memory.max");
  const size_t used = numberIn("/sys/fs/cgroup/memory.current");
  if (most != kUnknown && used != kUnknown) {
    const size_t reclaimable = fieldOf("/sys/fs/cgroup/memory.stat", "inactive_file");
    const size_t held = reclaimable == kUnknown || reclaimable > used ? used : used - reclaimable;
    available = std::min(available, most > held ? most - held : 0);
  }
  return available;
}

std::string gibibytes(size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f GiB", static_cast<double>(bytes) / (1 << 30));
  return text;
}

/// LibTorch's own allocator behind a check. Linux hands out memory it does not have and kills a process when the memory
/// is used: malloc() of 100 GiB succeeds on a laptop, and the training run dies without a word some seconds later.
class GuardedAllocator final : public c10::Allocator {
 public:
  explicit GuardedAllocator(c10::Allocator* inner) : inner_(inner) {}

  // No `override`: LibTorch 2.3 dropped `const` from allocate() and added copy_data(). Each version overrides its own.
  c10::DataPtr allocate(size_t bytes) const { return take(bytes); }
  c10::DataPtr allocate(size_t bytes) { return take(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return inner_->raw_deleter(); }

 private:
  c10::DataPtr take(size_t bytes) const {
    if (bytes > allocationLimit.load(std::memory_order_relaxed))
      throw Misuse("one tensor would take " + gibibytes(bytes) + ", more than the limit that was set");
    if (bytes >= kLarge) {
      const size_t available = availableMemory();
      if (bytes > available)
        throw Misuse("out of memory: one tensor would take " + gibibytes(bytes) + ", and " + gibibytes(available) +
                     " are free; use smaller shapes or a smaller batch");
    }
    return inner_->allocate(bytes);
  }

  c10::Allocator* inner_;
};

/// setAllocationLimit(bytes | undefined): no single tensor may take more. For tests, and for machines shared with others.
napi_value setAllocationLimit(napi_env env, napi_callback_info info) {
  return guarded(env, "setAllocationLimit", [&]() -> napi_value {
    Arguments args(env, info);
    if (isNullish(env, args.at(0))) {
      allocationLimit = kUnknown;
      return nullptr;
    }
    const int64_t bytes = toInt(env, args.at(0), "bytes");
    if (bytes < 0) throw Misuse("bytes must not be negative");
    allocationLimit = static_cast<size_t>(bytes);
    return nullptr;
  });
}

}  // namespace

void initGuards(napi_env env, napi_value exports) {
  // One for the process, however many workers load the addon; never freed, tensors may outlive every environment.
  static auto* allocator = new GuardedAllocator(c10::GetCPUAllocator());
  c10::SetCPUAllocator(allocator, std::numeric_limits<uint8_t>::max());
  exportFunction(env, exports, "setAllocationLimit", setAllocationLimit);
}

}  // namespace gantry
