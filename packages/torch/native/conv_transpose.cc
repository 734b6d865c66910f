// gantry::conv_transpose2d: the transposed convolution as oneDNN's backward-data.
//
// On the CPU, LibTorch 1.13 computes aten::conv_transpose2d by gathering columns, several times slower than the data
// gradient of the ordinary convolution, which is the same map and which oneDNN does well.
//   forward   y  = data gradient of conv(., w) at x
//   backward  dx = conv(dy, w);  dw = weight gradient of conv with input dy and output gradient x;  db = sum of dy
// The backward is made of differentiable operators, so it can be differentiated again.
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "torch_compat.h"

namespace gantry {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const std::vector<int64_t> kOne{1, 1};
const std::vector<int64_t> kZero{0, 0};

struct ConvTranspose2d : torch::autograd::Function<ConvTranspose2d> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const Optional<at::Tensor>& bias, std::vector<int64_t> stride,
                            std::vector<int64_t> padding, std::vector<int64_t> outputPadding) {
    std::vector<int64_t> shape{input.size(0), weight.size(1)};
    for (int64_t d = 0; d < 2; ++d) {
      shape.push_back((input.size(d + 2) - 1) * stride[d] - 2 * padding[d] + weight.size(d + 2) + outputPadding[d]);
      TORCH_CHECK(shape.back() > 0, "the output would be empty: input ", input.sizes(), ", weight ", weight.sizes());
    }
    const auto layout = input.suggest_memory_format();
    const at::Tensor like = at::empty(shape, input.options().memory_format(layout));
    at::Tensor output = std::get<0>(at::convolution_backward(input, like, weight, kNone, stride, padding, kOne,
                                                             false, kZero, 1, {true, false, false}));
    const bool hasBias = bias.has_value() && bias->defined();
    if (hasBias) output.add_(bias->to(output.scalar_type()).view({1, -1, 1, 1}));
    context->save_for_backward({input, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["bias"] = hasBias;
    return output;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& input = saved[0];
    const at::Tensor& weight = saved[1];
    const at::Tensor& gradient = gradients[0];
    const auto stride = context->saved_data["stride"].toIntVector();
    const auto padding = context->saved_data["padding"].toIntVector();
    at::Tensor inputGradient, weightGradient, biasGradient;
    if (context->needs_input_grad(0))
      inputGradient = at::convolution(gradient, weight, {}, stride, padding, kOne, false, kZero, 1);
    if (context->needs_input_grad(1))
      weightGradient = std::get<1>(at::convolution_backward(input, gradient, weight, kNone, stride, padding,
                                                            kOne, false, kZero, 1, {false, true, false}));
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(2)) biasGradient = gradient.sum({0, 2, 3});
    return {inputGradient, weightGradient, biasGradient, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

at::Tensor convTranspose2d(const at::Tensor& input, const at::Tensor& weight, const Optional<at::Tensor>& bias,
                           at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef outputPadding) {
  TORCH_CHECK(input.dim() == 4 && weight.dim() == 4, "conv_transpose2d needs N,C,H,W input and weight, got input ",
              input.sizes(), " and weight ", weight.sizes());
  TORCH_CHECK(input.size(1) == weight.size(0), "conv_transpose2d: the input has ", input.size(1),
              " channels, the weight expects ", weight.size(0));
  TORCH_CHECK(stride.size() == 2 && padding.size() == 2 && outputPadding.size() == 2,
              "stride, padding and output_padding need 2 numbers each, got ", stride, ", ", padding, " and ", outputPadding);
  for (int64_t d = 0; d < 2; ++d) {
    TORCH_CHECK(stride[d] > 0, "stride must be positive, got ", stride[d]);
    TORCH_CHECK(padding[d] >= 0, "padding must not be negative, got ", padding[d]);
    TORCH_CHECK(outputPadding[d] >= 0 && outputPadding[d] < stride[d], "output padding must be in [0, stride), got ",
                outputPadding[d]);
  }
  const auto device = input.device().type();
  if (device != at::kCPU) return at::conv_transpose2d(input, weight, bias, stride, padding, outputPadding);
  at::Tensor x = input, w = weight;
  if (autocastEnabled(device)) {
    const auto dtype = autocastDtype(device);
    x = at::autocast::cached_cast(dtype, x, device);
    w = at::autocast::cached_cast(dtype, w, device);
  }
  return ConvTranspose2d::apply(x, w, bias, stride.vec(), padding.vec(), outputPadding.vec());
}

}  // namespace
}  // namespace gantry

TORCH_LIBRARY(gantry, library) {
  library.def(
      "conv_transpose2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, "
      "int[2] output_padding=0) -> Tensor",
      gantry::convTranspose2d);
}
