// Memory of large tensors, from pages that are kept and used again, whatever the sizes.
//
// A training step frees and asks again for blocks of many sizes. In a heap they lie between what lives longer, and what is
// free is in pieces too small: an iteration of SNGAN held 1.2 GB for 0.6 GB of tensors. Given back to the kernel and asked
// for anew, every page is zeroed at its first touch, which takes five times as long as a pass over it. Here a large block is
// made of pages of 2 MiB; where no free block is large enough, the pages of several smaller ones are moved to addresses
// in a row, which changes page tables alone (7 microseconds a page; a first touch takes 1000).
#include "memory.h"

#if defined(__linux__)

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <unordered_map>

#include "torch_compat.h"

namespace gantry {
namespace {

constexpr size_t kPage = size_t{2} << 20;
/** Below it, blocks are LibTorch's default allocator's. */
constexpr size_t kLarge = 2 * kPage;

/** `count` pages at addresses in a row. */
struct Block {
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

class Pages {
 public:
  /** Null where there is no memory. */
  void* take(size_t count) {
    const std::lock_guard<std::mutex> lock(mutex_);
    char* const data = gather(count);
    if (data != nullptr) taken_.emplace(data, count);
    return data;
  }

  /** Whether it was taken here. */
  bool give(void* data) {
    if (reinterpret_cast<uintptr_t>(data) % kPage != 0) return false;
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = taken_.find(data);
    if (found == taken_.end()) return false;
    add({static_cast<char*>(data), found->second});
    taken_.erase(found);
    return true;
  }

 private:
  using Free = std::multimap<size_t, char*>;

  char* gather(size_t count) {
    if (const auto found = free_.lower_bound(count); found != free_.end()) {
      const Block block = remove(found);
      if (block.count > count) add({block.data + count * kPage, block.count - count});
      return block.data;
    }
    char* const data = reserve(count);
    if (data == nullptr) return nullptr;
    size_t done = 0;
    while (done < count && !free_.empty()) {
      const Block block = remove(std::prev(free_.end()));
      const size_t moved = move(block, data + done * kPage, count - done);
      done += moved;
      if (moved < block.count) add({block.data + moved * kPage, block.count - moved});
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

  void add(const Block& block) { free_.emplace(block.count, block.data); }

  Block remove(Free::iterator found) {
    const Block block{found->second, found->first};
    free_.erase(found);
    return block;
  }

  /** Moves up to `most` pages of a block, from its first; returns how many. */
  static size_t move(const Block& block, char* to, size_t most) {
    size_t moved = 0;
    for (; moved < std::min(block.count, most); ++moved) {
      void* const page = to + moved * kPage;
      if (mremap(block.data + moved * kPage, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, page) != page) break;
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
};

/** Of the whole process, and as long as it: tensors may be freed at its very end. */
Pages& pages() {
  static auto* const all = new Pages();
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
    void* const data = size < kLarge ? c10::GetDefaultCPUAllocator()->raw_allocate(size) : large(size);
    return {data, data, release, c10::Device(c10::DeviceType::CPU)};
  }

  static void* large(size_t size) {
    void* const data = size > PTRDIFF_MAX - 2 * kPage ? nullptr : pages().take((size + kPage - 1) / kPage);
    TORCH_CHECK(data != nullptr, "not enough memory: tried to allocate ", size, " bytes");
    return data;
  }

  static void release(void* data) {
    if (!pages().give(data)) c10::GetDefaultCPUAllocator()->raw_deallocate(data);
  }
};

}  // namespace

void initMemory() { c10::SetCPUAllocator(new Memory(), 1); }

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

at::Tensor unread(at::IntArrayRef sizes, const at::TensorOptions& options, at::MemoryFormat format) {
  return at::empty(sizes, options.memory_format(format));
}

}  // namespace gantry

#endif
