// Memory of tensors on the CPU: of small ones, from blocks of a few sizes that are kept for the next of about that size; of
// large ones, from pages that are kept and used again, whatever the sizes.
//
// Small: the C library's aligned blocks are cut out of larger ones and joined again each time, which was a tenth of the time
// that networks for points take.
//
// Large: a training step frees and asks again for blocks of many sizes. In a heap they lie between what lives longer, and what is
// free is in pieces too small: an iteration of SNGAN held 1.2 GB for 0.6 GB of tensors. Given back to the kernel and asked
// for anew, every page is zeroed at its first touch, which takes five times as long as a pass over it. Here a large block is
// made of pages of 2 MiB; where no free block is large enough, the pages of several smaller ones are moved to addresses
// in a row, which changes page tables alone (7 microseconds a page; a first touch takes 1000). What nobody asked for in a
// second goes back: other programs may need it, and a first touch of all of it takes less than that second.
#include "allocator.h"

#if defined(__linux__)

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>
#include <unordered_map>

#include "torch_compat.h"

namespace gantry {
namespace {

constexpr size_t kPage = size_t{2} << 20;
/** Tensors from this size on are large. */
constexpr size_t kLarge = 2 * kPage;

/** `count` pages at addresses in a row. */
struct Run {
  char* data;
  size_t count;
};

/** Addresses for `count` pages, aligned to pages, with nothing behind them yet; null where the kernel gives none. */
char* reserve(size_t count) {
  void* const got = mmap(nullptr, (count + 1) * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED) return nullptr;
  char* const from = static_cast<char*>(got);
  char* const data = from + (kPage - reinterpret_cast<uintptr_t>(from) % kPage) % kPage;
  if (data != from) munmap(from, data - from);
  munmap(data + count * kPage, kPage - (data - from));
  return data;
}

/** Nanoseconds without a large tensor after which what is kept goes back. */
constexpr int64_t kIdle = 1000000000;

int64_t now() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

class Pages {
 public:
  /** Null where there is no memory. */
  void* take(size_t count) {
    const std::lock_guard<std::mutex> lock(mutex_);
    char* const data = gather(count);
    if (data == nullptr) return nullptr;
    taken_.emplace(data, count);
    held_ += static_cast<int64_t>(count * kPage);
    used_.store(now(), std::memory_order_relaxed);
    return data;
  }

  /** Whether it was taken here. */
  bool give(void* data) {
    if (reinterpret_cast<uintptr_t>(data) % kPage != 0) return false;
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = taken_.find(data);
    if (found == taken_.end()) return false;
    const Run run{static_cast<char*>(data), found->second};
    add(run);
    taken_.erase(found);
    held_ -= static_cast<int64_t>(run.count * kPage);
    return true;
  }

  /** Back to the kernel, if nothing was asked of it for a while. @returns whether something is kept */
  bool rest() {
    if (kept_ == 0) return false;
    if (now() - used_.load(std::memory_order_relaxed) < kIdle) return true;
    empty();
    return false;
  }

  /** Back to the kernel, addresses too. */
  void empty() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [count, data] : free_) munmap(data, count * kPage);
    free_.clear();
    kept_ = 0;
  }

  int64_t held() const { return held_; }
  size_t kept() const { return kept_ * kPage; }

 private:
  using Free = std::multimap<size_t, char*>;

  char* gather(size_t count) {
    if (const auto found = free_.lower_bound(count); found != free_.end()) {
      const Run run = remove(found);
      if (run.count > count) add({run.data + count * kPage, run.count - count});
      return run.data;
    }
    char* const data = reserve(count);
    if (data == nullptr) return nullptr;
    size_t done = 0;
    while (done < count && !free_.empty()) {
      const Run run = remove(std::prev(free_.end()));
      const size_t moved = move(run, data + done * kPage, count - done);
      done += moved;
      if (moved < run.count) add({run.data + moved * kPage, run.count - moved});
      // The kernel has no room for more pieces of address space: what remains is new.
      if (moved == 0) break;
    }
    if (done < count && !fresh(data + done * kPage, count - done)) {
      munmap(data + done * kPage, (count - done) * kPage);
      if (done > 0) add({data, done});
      return nullptr;
    }
    return data;
  }

  void add(const Run& run) {
    free_.emplace(run.count, run.data);
    kept_ += run.count;
  }

  Run remove(Free::iterator found) {
    const Run run{found->second, found->first};
    free_.erase(found);
    kept_ -= run.count;
    return run;
  }

  /** Moves up to `most` pages of a run, from its first; returns how many. */
  static size_t move(const Run& run, char* to, size_t most) {
    size_t moved = 0;
    for (; moved < std::min(run.count, most); ++moved) {
      void* const page = to + moved * kPage;
      if (mremap(run.data + moved * kPage, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, page) != page) break;
    }
    return moved;
  }

  static bool fresh(char* data, size_t count) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (mmap(data, count * kPage, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) return false;
    // One entry of the page table for each page, where the kernel can; all else works without.
    madvise(data, count * kPage, MADV_HUGEPAGE);
    return true;
  }

  std::mutex mutex_;
  /** By their number of pages. */
  Free free_;
  /** And the number of pages of those in use. */
  std::unordered_map<void*, size_t> taken_;
  std::atomic<int64_t> held_{0};
  std::atomic<size_t> kept_{0};
  /** When a tensor last asked. */
  std::atomic<int64_t> used_{0};
};

/**
 * Small blocks, behind a header that says of which size they are: four sizes to each power of two. A block of none of them has
 * its memory from the C library alone.
 */
class Blocks {
 public:
  void* take(size_t size) {
    const unsigned kind = kindOf(size);
    if (kind < kKinds) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (Header* const first = free_[kind].first; first != nullptr) {
        free_[kind].first = first->next;
        --free_[kind].count;
        return count(first);
      }
    }
    void* made = nullptr;
    if (posix_memalign(&made, sizeof(Header), sizeof(Header) + (kind < kKinds ? sizeOf(kind) : size)) != 0) return nullptr;
    auto* const header = static_cast<Header*>(made);
    header->kind = kind;
    header->size = kind < kKinds ? sizeOf(kind) : size;
    return count(header);
  }

  void give(void* data) {
    auto* const header = static_cast<Header*>(data) - 1;
    const unsigned kind = header->kind;
    held_ -= static_cast<int64_t>(header->size);
    if (kind < kKinds) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (free_[kind].count * sizeOf(kind) < kKept) {
        header->next = free_[kind].first;
        free_[kind].first = header;
        ++free_[kind].count;
        return;
      }
    }
    free(header);
  }

  void empty() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto& kept : free_) {
      while (kept.first != nullptr) {
        Header* const next = kept.first->next;
        free(kept.first);
        kept.first = next;
      }
      kept.count = 0;
    }
  }

  int64_t held() const { return held_; }

 private:
  /** Sizes are 64 * 2^(kind / 4) * (4 + kind % 4) / 4, up to 224 KiB. */
  static constexpr unsigned kKinds = 48;
  /** Bytes of one size that are kept. */
  static constexpr size_t kKept = size_t{2} << 20;

  /** As large as LibTorch aligns its memory. */
  struct alignas(64) Header {
    unsigned kind;
    size_t size;
    Header* next;
  };

  void* count(Header* taken) {
    held_ += static_cast<int64_t>(taken->size);
    return taken + 1;
  }

  static size_t sizeOf(unsigned kind) { return (size_t{16} << kind / 4) * (4 + kind % 4); }

  static unsigned kindOf(size_t size) {
    if (size <= 64) return 0;
    const unsigned power = 63 - __builtin_clzll(size - 1);  // of two, and below the size: 6 or more
    const size_t quarter = (size - 1 - (size_t{1} << power)) >> (power - 2);
    const unsigned kind = 4 * (power - 6) + static_cast<unsigned>(quarter) + 1;
    return std::min(kind, kKinds);
  }

  std::mutex mutex_;
  struct {
    Header* first = nullptr;
    size_t count = 0;
  } free_[kKinds];
  std::atomic<int64_t> held_{0};
};

/** Of the whole process, and as long as it: tensors may be freed at its very end. */
Pages& pages() {
  static auto* const all = new Pages();
  return *all;
}
Blocks& blocks() {
  static auto* const all = new Blocks();
  return *all;
}

class Memory final : public c10::Allocator {
 public:
#if GANTRY_TORCH_AT_LEAST(2, 3)
  c10::DataPtr allocate(size_t size) override { return block(size); }
  void copy_data(void* to, const void* from, size_t size) const override { default_copy_data(to, from, size); }
#else
  c10::DataPtr allocate(size_t size) const override { return block(size); }
#endif

  c10::DeleterFnPtr raw_deleter() const override { return release; }

 private:
  static c10::DataPtr block(size_t size) {
    void* const data = size == 0 ? nullptr : take(size);
    TORCH_CHECK(size == 0 || data != nullptr, "not enough memory: tried to allocate ", size, " bytes");
    return {data, data, release, c10::Device(c10::DeviceType::CPU)};
  }

  static void* take(size_t size) {
    if (size < kLarge) return blocks().take(size);
    return size > PTRDIFF_MAX - 2 * kPage ? nullptr : pages().take((size + kPage - 1) / kPage);
  }

  static void release(void* data) {
    if (data != nullptr && !pages().give(data)) blocks().give(data);
  }
};

}  // namespace

void initMemory() { c10::SetCPUAllocator(new Memory(), 1); }

bool grows(size_t size) { return size >= kLarge && pages().kept() < size; }

size_t keptMemory() { return pages().kept(); }

bool restMemory() { return pages().rest(); }

void giveBack() {
  pages().empty();
  blocks().empty();
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

int64_t heldMemory() { return pages().held() + blocks().held(); }

at::Tensor unread(at::IntArrayRef sizes, const at::TensorOptions& options, at::MemoryFormat format) {
  const size_t size = c10::multiply_integers(sizes) * options.dtype().itemsize();
  void* const zeros =
      size < kLarge ? MAP_FAILED : mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (zeros == MAP_FAILED) return at::empty(sizes, options.memory_format(format));
  const at::Tensor shape = at::empty(sizes, options.device(at::kMeta).memory_format(format));
  return at::from_blob(zeros, sizes, shape.strides(), [size](void* data) { munmap(data, size); }, options);
}

}  // namespace gantry

#else

namespace gantry {

void initMemory() {}
bool grows(size_t) { return false; }
size_t keptMemory() { return 0; }
bool restMemory() { return false; }
void giveBack() {}
int64_t heldMemory() { return 0; }

at::Tensor unread(at::IntArrayRef sizes, const at::TensorOptions& options, at::MemoryFormat format) {
  return at::empty(sizes, options.memory_format(format));
}

}  // namespace gantry

#endif
