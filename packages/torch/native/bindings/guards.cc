// What is refused at the boundary because LibTorch, once let in, would end the process instead of throwing.
#include "bindings/guards.h"

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <mutex>

#include "allocator.h"

namespace gantry {
namespace {

constexpr size_t kUnknown = std::numeric_limits<size_t>::max();

/// Allocations below this are not worth asking the system about, where they can be had from what is kept.
constexpr size_t kLarge = size_t{256} << 20;

/// What may be allocated between two questions about the system, so that many tensors below kLarge are noticed too.
constexpr size_t kMostUnasked = size_t{1} << 30;
constexpr size_t kLeastUnasked = size_t{4} << 20;

std::atomic<size_t> allocationLimit{kUnknown};
std::atomic<size_t> unasked{0};
std::atomic<size_t> mostUnasked{kLeastUnasked};

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

/// A limit of a control group, the container's or one around it: files of the limit, of what is used, and of its kinds, one of which
/// the kernel takes back by itself.
struct MemoryGroup {
  std::string limit, used, kinds, reclaimable;
};

std::mutex groupsMutex;
std::vector<MemoryGroup>& memoryGroups() {
  static auto* const all = new std::vector<MemoryGroup>();
  return *all;
}

/// Bytes that can be used before the kernel starts to kill processes: the machine's, or a control group's if fewer.
size_t availableMemory() {
  const size_t kilobytes = fieldOf("/proc/meminfo", "MemAvailable:");
  size_t available = kilobytes == kUnknown ? kUnknown : kilobytes * 1024;
  const std::lock_guard<std::mutex> lock(groupsMutex);
  for (const MemoryGroup& group : memoryGroups()) {
    const size_t most = numberIn(group.limit.c_str());
    const size_t used = numberIn(group.used.c_str());
    if (most == kUnknown || used == kUnknown) continue;
    const size_t reclaimable = fieldOf(group.kinds.c_str(), group.reclaimable.c_str());
    const size_t held = reclaimable == kUnknown || reclaimable > used ? used : used - reclaimable;
    available = std::min(available, most > held ? most - held : 0);
  }
  // A tensor is made of what is kept first.
  return available == kUnknown ? available : available + keptMemory();
}

/// setMemoryGroups([[limit, used, kinds, reclaimable], ...]): see MemoryGroup; limits.ts finds them.
napi_value setMemoryGroups(napi_env env, napi_callback_info info) {
  return guarded(env, "setMemoryGroups", [&]() -> napi_value {
    Arguments args(env, info);
    std::vector<MemoryGroup> groups(lengthOf(env, args.at(0), "groups"));
    for (size_t i = 0; i < groups.size(); ++i) {
      napi_value group;
      check(env, napi_get_element(env, args.at(0), i, &group), "groups");
      std::string* const parts[] = {&groups[i].limit, &groups[i].used, &groups[i].kinds, &groups[i].reclaimable};
      for (uint32_t k = 0; k < 4; ++k) {
        napi_value part;
        check(env, napi_get_element(env, group, k, &part), "group");
        *parts[k] = toString(env, part, "file");
      }
    }
    const std::lock_guard<std::mutex> lock(groupsMutex);
    memoryGroups() = std::move(groups);
    return nullptr;
  });
}

/// availableMemory() -> bytes that can still be used, or undefined where the system does not tell.
napi_value getAvailableMemory(napi_env env, napi_callback_info info) {
  return guarded(env, "availableMemory", [&]() -> napi_value {
    const size_t bytes = availableMemory();
    return bytes == kUnknown ? nullptr : fromDouble(env, static_cast<double>(bytes));
  });
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
    if (bytes >= kLarge || grows(bytes) || isDue(bytes)) {
      size_t available = availableMemory();
      if (bytes > available) {
        giveBack();
        available = availableMemory();
      }
      if (bytes > available)
        throw Misuse("out of memory: one tensor would take " + gibibytes(bytes) + ", and " + gibibytes(available) +
                     " are free; use smaller shapes or a smaller batch");
    }
    return inner_->allocate(bytes);
  }

  /// Whether so much was allocated since the last question that by now a quarter of what was free then may be taken.
  static bool isDue(size_t bytes) {
    if (unasked.fetch_add(bytes, std::memory_order_relaxed) + bytes < mostUnasked.load(std::memory_order_relaxed)) return false;
    unasked.store(0, std::memory_order_relaxed);
    mostUnasked.store(std::clamp(availableMemory() / 4, kLeastUnasked, kMostUnasked), std::memory_order_relaxed);
    return true;
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


// ---- Argument checks. Each was found by the fuzz test against LibTorch 1.13 and says what happens without it.

const c10::IValue& argument(const Operator& op, const torch::jit::Stack& arguments, const char* name) {
  static const c10::IValue none;
  for (size_t i = 0; i < op.parameters.size(); ++i)
    if (op.parameters[i].name == name) return arguments[i];
  return none;
}

/// No product of sizes comes near what 64 bits hold, times the factors of a few that kernels go on with.
constexpr double kMostElements = 9007199254740992.0;

std::string sizesText(at::IntArrayRef sizes) {
  return c10::str(sizes);
}

/// Huge `groups` overflow a product of sizes to zero, and the next division by it is a SIGFPE.
void checkConvolution(const Operator& op, const torch::jit::Stack& arguments) {
  const auto& weight = argument(op, arguments, "weight");
  const auto& groups = argument(op, arguments, "groups");
  if (!weight.isTensor() || !groups.isInt()) return;
  const at::Tensor& w = weight.toTensor();
  if (w.dim() > 0 && (groups.toInt() < 1 || groups.toInt() > std::max<int64_t>(w.size(0), 1)))
    throw Misuse("groups must be between 1 and the weight's first size, got " + std::to_string(groups.toInt()) +
                 " for weight " + sizesText(w.sizes()));
}

/// For an empty batch the sizes are read without asking whether they are there, in code that may not throw: an abort.
void checkConvolutionBackward(const Operator& op, const torch::jit::Stack& arguments) {
  checkConvolution(op, arguments);
  const auto mask = argument(op, arguments, "output_mask").toBoolList();
  if (mask.size() != 3) throw Misuse("output_mask must be three booleans");
  if (mask.get(2) && argument(op, arguments, "bias_sizes").isNone())
    throw Misuse("bias_sizes is needed for the bias's gradient, which output_mask asks for");
}

/// The square of a huge factor overflows to zero, and the division by it is a SIGFPE.
void checkPixelShuffle(const Operator& op, const torch::jit::Stack& arguments) {
  const auto factor = argument(op, arguments, "upscale_factor").toInt();
  if (factor > 32768) throw Misuse("upscale_factor is too large: " + std::to_string(factor));
}

/// For an empty batch nothing is allocated that would show that the product of sizes overflows to zero, by which kernels divide: a
/// SIGFPE.
void checkMade(const at::Tensor& self, at::IntArrayRef size) {
  double product = 1;
  for (int64_t d = 0; d + static_cast<int64_t>(size.size()) < self.dim(); ++d)
    product *= static_cast<double>(std::max<int64_t>(self.size(d), 1));
  for (const int64_t side : size) product *= static_cast<double>(std::max<int64_t>(side, 1));
  if (product > kMostElements) throw Misuse("output_size is too large: " + sizesText(size) + " of " + shapeText(self));
}

void checkPool(const Operator& op, const torch::jit::Stack& arguments) {
  checkMade(argument(op, arguments, "self").toTensor(), argument(op, arguments, "output_size").toIntVector());
}

/// With a scale that belongs to other sizes, the kernel reads (and its gradient writes) beyond the image.
void checkUpsample(const Operator& op, const torch::jit::Stack& arguments) {
  const at::Tensor& self = argument(op, arguments, "self").toTensor();
  const auto size = argument(op, arguments, "output_size").toIntVector();
  if (self.dim() != 4 || size.size() != 2) return;  // LibTorch says so
  checkMade(self, size);
  const char* names[] = {"scales_h", "scales_w"};
  for (size_t d = 0; d < 2; ++d) {
    const auto& scale = argument(op, arguments, names[d]);
    if (!scale.isDouble() || !(scale.toDouble() > 0)) continue;  // then LibTorch takes it from the sizes
    const auto from = self.size(static_cast<int64_t>(d) + 2);
    if (std::floor(static_cast<double>(from) * scale.toDouble()) != static_cast<double>(size[d]))
      throw Misuse(std::string(names[d]) + " = " + std::to_string(scale.toDouble()) + " does not make " +
                   std::to_string(size[d]) + " of " + std::to_string(from));
  }
}

/// The kernel takes for granted that there is one weight, bias, mean and variance a channel, and reads beyond them.
void checkBatchNorm(const Operator& op, const torch::jit::Stack& arguments) {
  const at::Tensor& input = argument(op, arguments, "input").toTensor();
  if (input.dim() < 2) throw Misuse("the input must have at least 2 dimensions, got " + shapeText(input));
  if (input.numel() == 0) throw Misuse("the input is empty: " + shapeText(input));  // a SIGFPE in the gradient
  for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
    const auto& value = argument(op, arguments, name);
    if (!value.isTensor() || !value.toTensor().defined()) {
      if (name[0] == 'r' && !argument(op, arguments, "training").toBool())
        throw Misuse(std::string(name) + " is needed when not training");
      continue;
    }
    const at::Tensor& tensor = value.toTensor();
    if (tensor.dim() != 1 || tensor.size(0) != input.size(1))
      throw Misuse(std::string(name) + " must have " + std::to_string(input.size(1)) + " elements, one a channel, got " +
                   shapeText(tensor));
  }
}

/// Some LAPACKs never return from the singular or eigen values of a matrix with an infinity or a NaN in it.
void checkFinite(const Operator& op, const torch::jit::Stack& arguments) {
  if (arguments.empty() || !arguments[0].isTensor()) return;
  const at::Tensor& matrix = arguments[0].toTensor();
  if (!matrix.is_floating_point() || !matrix.device().is_cpu()) return;
  at::NoGradGuard noGrad;
  if (!at::isfinite(matrix.detach()).all().item<bool>()) throw Misuse("the matrix has elements that are infinite or NaN");
}

/// Of linalg_norm's orders, 2 and -2 are singular values.
void checkNorm(const Operator& op, const torch::jit::Stack& arguments) {
  const auto& order = argument(op, arguments, "ord");
  if (order.isScalar() && std::fabs(order.toScalar().toDouble()) == 2 && arguments[0].toTensor().dim() >= 2)
    checkFinite(op, arguments);
}

/// As many tensors as asked for are made, an empty dimension cut in two thousand million pieces too.
void checkPieces(const Operator& op, const torch::jit::Stack& arguments) {
  const at::Tensor& self = argument(op, arguments, "self").toTensor();
  const auto dim = argument(op, arguments, "dim").toInt();
  if (dim < -self.dim() || dim >= self.dim()) return;  // LibTorch says so
  const int64_t size = self.size(dim);
  const auto& chunks = argument(op, arguments, "chunks");
  const auto& pieceSize = argument(op, arguments, "split_size");
  int64_t pieces = size;
  if (chunks.isInt()) pieces = size == 0 ? chunks.toInt() : std::min(size, chunks.toInt());
  if (pieceSize.isInt() && pieceSize.toInt() > 0) pieces = size / pieceSize.toInt();
  if (pieces > 1 << 20) throw Misuse("would return " + std::to_string(pieces) + " tensors");
}

/// The size of the result overflows, and the kernel writes beyond the little that was allocated.
void checkRepeats(const Operator& op, const torch::jit::Stack& arguments) {
  const double repeats = static_cast<double>(argument(op, arguments, "repeats").toInt());
  const at::Tensor& self = argument(op, arguments, "self").toTensor();
  if (repeats * static_cast<double>(std::max<int64_t>(self.numel(), 1)) > 1e15)
    throw Misuse("repeats is too large for " + shapeText(self));
}

struct Entry {
  const char* name;
  Guard guard;
};
constexpr Entry kGuards[] = {
    {"aten::convolution", checkConvolution},
    {"aten::convolution_backward", checkConvolutionBackward},
    {"aten::pixel_shuffle", checkPixelShuffle},
    {"aten::adaptive_avg_pool2d", checkPool},
    {"aten::upsample_nearest2d", checkUpsample},
    {"aten::upsample_bilinear2d", checkUpsample},
    {"aten::native_batch_norm", checkBatchNorm},
    {"aten::repeat_interleave", checkRepeats},
    {"aten::chunk", checkPieces},
    {"aten::split", checkPieces},
    {"aten::unbind", checkPieces},
    {"aten::linalg_svd", checkFinite},
    {"aten::linalg_eigh", checkFinite},
    {"aten::linalg_eigvalsh", checkFinite},
    {"aten::linalg_norm", checkNorm},
};

}  // namespace

void checkSizes(const at::Tensor& tensor) {
  if (!tensor.defined()) return;
  double product = 1;
  for (const int64_t size : tensor.sizes()) product *= static_cast<double>(std::max<int64_t>(size, 1));
  if (product > kMostElements) throw Misuse("the result would have the sizes " + sizesText(tensor.sizes()) + ", too many elements");
}

Guard guardOf(const std::string& name) {
  for (const auto& entry : kGuards)
    if (name == entry.name) return entry.guard;
  return nullptr;
}

void initGuards(napi_env env, napi_value exports) {
  // One for the process, however many workers load the addon; never freed, tensors may outlive every environment.
  static auto* allocator = new GuardedAllocator(c10::GetCPUAllocator());
  c10::SetCPUAllocator(allocator, std::numeric_limits<uint8_t>::max());
  exportFunction(env, exports, "setAllocationLimit", setAllocationLimit);
  exportFunction(env, exports, "setMemoryGroups", setMemoryGroups);
  exportFunction(env, exports, "availableMemory", getAvailableMemory);
}

}  // namespace gantry
