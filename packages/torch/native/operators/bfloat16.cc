// bfloat16 where LibTorch's is wrong: computed from the rounded operands in float32, and the result is rounded. LibTorch's operators get
// kernels here in the place of theirs, so that any operator that is made of them is right, and its gradients are.
//
// 1. On processors without AVX-512 oneDNN takes no bfloat16, and LibTorch's own loops keep their sums in bfloat16, which is wrong by
//    some per cent of the largest. In float32 it is right, and faster. Gantry's own convolutions do so by Gantry's kernels (`inFloat` in
//    operators/convolution.cc).
// 2. On all others oneDNN's convolutions (1.13, 2.13, 2.14) of narrow maps, with outputs or images of one or two columns, and those with
//    more padding than keeps the width, read or leave memory that nobody wrote.
// 3. Everywhere LibTorch's products of small matrices, its dot, and its gradient of an embedding add up in bfloat16.
#include <ATen/ATen.h>
#include <ATen/CPUFunctions.h>
#include <ATen/CompositeExplicitAutogradFunctions.h>
#include <torch/library.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "kernels/kernels.h"
#include "torch_compat.h"

namespace gantry {
namespace {

bool isHalf(const at::Tensor& tensor) { return tensor.defined() && tensor.scalar_type() == at::kBFloat16; }
at::Tensor widen(const at::Tensor& tensor) { return isHalf(tensor) ? tensor.to(at::kFloat) : tensor; }
at::Tensor narrow(const at::Tensor& tensor) { return tensor.defined() ? tensor.to(at::kBFloat16) : tensor; }

/** An argument of an operator, in float32 where it is bfloat16; halves() are its numbers of that type, -1 where there are none. */
template <typename T>
struct Argument {
  T given;
  static int64_t halves(T) { return -1; }
  T wide() { return given; }
  void finish() {}
};
template <>
struct Argument<const at::Tensor&> {
  at::Tensor given;
  static int64_t halves(const at::Tensor& tensor) { return isHalf(tensor) ? tensor.numel() : -1; }
  at::Tensor wide() { return widen(given); }
  void finish() {}
};
template <>
struct Argument<const Optional<at::Tensor>&> {
  Optional<at::Tensor> given;
  static int64_t halves(const Optional<at::Tensor>& tensor) {
    return tensor.has_value() && isHalf(*tensor) ? tensor->numel() : -1;
  }
  Optional<at::Tensor> wide() { return given.has_value() ? Optional<at::Tensor>(widen(*given)) : given; }
  void finish() {}
};
/** One that is written. */
template <>
struct Argument<at::Tensor&> {
  at::Tensor& given;
  at::Tensor made{};
  static int64_t halves(const at::Tensor& tensor) { return isHalf(tensor) ? tensor.numel() : -1; }
  at::Tensor& wide() { return made = given.to(at::kFloat, false, true); }
  void finish() { given.resize_(made.sizes()).copy_(made); }
};

at::Tensor rounded(const at::Tensor& made) { return narrow(made); }
std::tuple<at::Tensor, at::Tensor, at::Tensor> rounded(const std::tuple<at::Tensor, at::Tensor, at::Tensor>& made) {
  return {narrow(std::get<0>(made)), narrow(std::get<1>(made)), narrow(std::get<2>(made))};
}

/** Numbers of a product's largest matrix, up to which LibTorch multiplies without oneDNN, and so adds up in bfloat16. */
constexpr int64_t kSmall = 16 * 16 * 16;

/** LibTorch's kernel, but in float32 for bfloat16 where it is wrong: everywhere, or where there are no instructions and few numbers. */
template <auto kernel, bool everywhere = false>
struct InFloat;

template <typename Made, typename... Given, Made (*kernel)(Given...), bool everywhere>
struct InFloat<kernel, everywhere> {
  static Made call(Given... given) {
    const int64_t halves = std::max({Argument<Given>::halves(given)...});
    if (halves < 0 || (!everywhere && kernels::hasBfloat16() && halves > kSmall)) return kernel(std::forward<Given>(given)...);
    std::tuple<Argument<Given>...> arguments{Argument<Given>{given}...};
    return std::apply(
        [](auto&... each) -> Made {
          if constexpr (std::is_reference_v<Made>) {
            kernel(each.wide()...);
            (each.finish(), ...);
            return written(each...);
          } else {
            return rounded(kernel(each.wide()...));
          }
        },
        arguments);
  }

 private:
  template <typename First, typename... Rest>
  static at::Tensor& written(First& first, Rest&... rest) {
    if constexpr (std::is_same_v<First, Argument<at::Tensor&>>) return first.given;
    else return written(rest...);
  }
};

/** Columns from which oneDNN's convolutions are right; with a margin of two. */
constexpr int64_t kColumns = 5;

/** Are these to be convolved in float32? `columns` of the outputs. */
bool isWrong(const at::Tensor& images, const at::Tensor& weight, int64_t columns, int64_t padding, int64_t dilation) {
  if (!isHalf(images) || !isHalf(weight)) return false;
  return !kernels::hasBfloat16() || std::min(columns, images.size(-1)) < kColumns || 2 * padding > dilation * (weight.size(-1) - 1);
}

at::Tensor convolution(const at::Tensor& images, const at::Tensor& weight, const Optional<at::Tensor>& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef outputPadding,
                       int64_t groups) {
  using Kernel = InFloat<at::compositeexplicitautograd::convolution, true>;
  // What is no convolution is for LibTorch to refuse.
  const bool columns = images.dim() > 0 && weight.dim() > 0 && !stride.empty() && !padding.empty() && !dilation.empty() && stride.back() > 0;
  const int64_t span = columns ? dilation.back() * (weight.size(-1) - 1) + 1 : 0;
  const int64_t made = !columns     ? 0
                       : transposed ? (images.size(-1) - 1) * stride.back() - 2 * padding.back() + span
                                    : (images.size(-1) + 2 * padding.back() - span) / stride.back() + 1;
  if (columns && isWrong(images, weight, made, padding.back(), dilation.back()))
    return Kernel::call(images, weight, bias, stride, padding, dilation, transposed, outputPadding, groups);
  return at::compositeexplicitautograd::convolution(images, weight, bias, stride, padding, dilation, transposed, outputPadding, groups);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolutionBackward(
    const at::Tensor& gradient, const at::Tensor& images, const at::Tensor& weight, at::OptionalIntArrayRef biasSizes,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef outputPadding,
    int64_t groups, std::array<bool, 3> mask) {
  using Kernel = InFloat<at::compositeexplicitautograd::convolution_backward, true>;
  if (images.dim() > 0 && weight.dim() > 0 && gradient.dim() > 0 && !padding.empty() && !dilation.empty() &&
      isWrong(images, weight, gradient.size(-1), padding.back(), dilation.back()))
    return Kernel::call(gradient, images, weight, biasSizes, stride, padding, dilation, transposed, outputPadding, groups, mask);
  return at::compositeexplicitautograd::convolution_backward(gradient, images, weight, biasSizes, stride, padding, dilation,
                                                             transposed, outputPadding, groups, mask);
}

bool replaceKernels() {
  // It would warn that it has these kernels already: to replace them is what is meant.
  const WithoutWarnings without;
  // For as long as the process lives.
  auto& library = *new torch::Library(torch::Library::IMPL, "aten", c10::DispatchKey::CPU, __FILE__, __LINE__);
  library.impl("convolution", convolution);
  library.impl("convolution_backward", convolutionBackward);
  library.impl("dot", InFloat<at::cpu::dot, true>::call);
  library.impl("embedding_dense_backward", InFloat<at::cpu::embedding_dense_backward, true>::call);
  library.impl("mm", InFloat<at::cpu::mm>::call);
  library.impl("mm.out", InFloat<at::cpu::mm_outf>::call);
  library.impl("addmm", InFloat<at::cpu::addmm>::call);
  library.impl("addmm.out", InFloat<at::cpu::addmm_outf>::call);
  library.impl("addmm_", InFloat<at::cpu::addmm_>::call);
  library.impl("bmm", InFloat<at::cpu::bmm>::call);
  library.impl("bmm.out", InFloat<at::cpu::bmm_outf>::call);
  library.impl("baddbmm", InFloat<at::cpu::baddbmm>::call);
  library.impl("baddbmm.out", InFloat<at::cpu::baddbmm_outf>::call);
  library.impl("baddbmm_", InFloat<at::cpu::baddbmm_>::call);
  library.impl("addmv", InFloat<at::cpu::addmv>::call);
  library.impl("addmv.out", InFloat<at::cpu::addmv_outf>::call);
  library.impl("addmv_", InFloat<at::cpu::addmv_>::call);
  return true;
}

const bool replaced = replaceKernels();

}  // namespace
}  // namespace gantry
