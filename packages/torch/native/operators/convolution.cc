// gantry::conv2d, gantry::conv_transpose2d and gantry::linear: LibTorch's convolutions and linear layers, by better kernels.
//
// A convolution is a trilinear form of image x, weight w and output gradient y, and all that training asks for is one of
// its three maps:
//   forward(x, w) -> y           the convolution;            the input gradient of the transposed one
//   inputGradient(y, w) -> x     its input gradient;         the transposed convolution
//   weightGradient(x, y) -> w    the weight gradient of both
// The derivatives of each are the other two, so all can be differentiated as often as one likes. bfloat16 is computed on the
// processor's matrix unit where it has one (operators/convolution_amx.cc), kernels as large as the image as matrices (operators/convolution_inner_product.cc), 3x3 and 4x4
// ones by Winograd's algorithm (operators/convolution_winograd.cc), small maps tap by tap (operators/convolution_direct.cc), pictures from all taps at once (operators/convolution_col2im.cc); all else,
// and what was measured to be faster so (operators/choice.cc), is LibTorch's convolution: on the CPU, that is oneDNN for all three, where
// aten::conv_transpose2d of LibTorch 1.13 gathers columns of any map, several times slower.
#include "operators/convolution.h"

#include <torch/library.h>

#include <algorithm>

#include "operators/choice.h"
#include "kernels/kernels.h"
#include "allocator.h"
#include "plain.h"
#include "operators/recompute.h"

namespace gantry {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const std::vector<int64_t> kOne{1, 1};
const std::vector<int64_t> kZero{0, 0};

/** Tried in this order, before LibTorch's own. */
const ConvolutionAlgorithm* const kAlgorithms[] = {&matrices, &amx, &innerProduct, &winograd, &direct, &col2im};

/** One of the maps by the first way that takes it; undefined where none does. */
template <typename Map, typename... Given>
at::Tensor tried(Map ConvolutionAlgorithm::*map, const Given&... given) {
  for (const ConvolutionAlgorithm* way : kAlgorithms)
    if (const Map compute = way->*map; compute != nullptr)
      if (at::Tensor made = compute(given...); made.defined()) return made;
  return {};
}

std::vector<int64_t> list(const std::array<int64_t, 2>& pair) { return {pair[0], pair[1]}; }

/** Padded alike on both sides, as LibTorch's convolutions need it. */
bool isEven(const Geometry& g) { return g.padding == g.after; }

at::Tensor padded(const at::Tensor& image, const Geometry& g) {
  return at::constant_pad_nd(image, {g.padding[1], g.after[1], g.padding[0], g.after[0]});
}

/** Of images with their padding. */
Geometry paddedGeometry(Geometry g) {
  for (int d = 0; d < 2; ++d) g.size[d] += g.padding[d] + g.after[d];
  g.padding = g.after = {0, 0};
  return g;
}

/** What `ours` makes, where that is a tensor, else what `theirs` does; or whichever was measured to be faster. */
template <typename Ours, typename Theirs>
at::Tensor either(const char* map, const at::Tensor& first, const at::Tensor& second, const Geometry& g, const Ours& ours,
                  const Theirs& theirs) {
  // A matrix is Gantry's, or has gone to LibTorch's linear layer before it came here.
  if (choosing() && first.dim() == 4) return chosen(map, first, second, g, ours, theirs);
  const at::Tensor made = ours();
  return made.defined() ? made : theirs();
}

/** Are these to be computed in float32, and rounded? */
bool inFloat(const at::Tensor& first, const at::Tensor& second) {
  return first.scalar_type() == at::kBFloat16 && second.scalar_type() == at::kBFloat16 && !kernels::hasBfloat16();
}

at::Tensor gradientOf(const at::Tensor& gradient, const at::Tensor& image, const at::Tensor& weight, const Geometry& g,
                      bool ofImage) {
  const auto both = at::convolution_backward(gradient, image, weight, kNone, list(g.stride), list(g.padding), kOne, false,
                                             kZero, 1, {ofImage, !ofImage, false});
  return ofImage ? std::get<0>(both) : std::get<1>(both);
}

/** LibTorch's own; what of it goes through the maps again is float32, or padded. */
at::Tensor libTorchs(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  const auto b = bias.defined() ? Optional<at::Tensor>(bias.to(image.scalar_type())) : Optional<at::Tensor>();
  if (!isEven(g)) return at::convolution(padded(image, g), weight, b, list(g.stride), kZero, kOne, false, kZero, 1);
  return at::convolution(image, weight, b, list(g.stride), list(g.padding), kOne, false, kZero, 1);
}

at::Tensor convolutionForward(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  const auto ours = [&] { return tried(&ConvolutionAlgorithm::convolutionForward, image, weight, bias, g); };
  const auto theirs = [&] {
    if (inFloat(image, weight)) return convolutionForward(image.to(at::kFloat), weight.to(at::kFloat), bias, g).to(at::kBFloat16);
    return libTorchs(image, weight, bias, g);
  };
  return either("forward", image, weight, g, ours, theirs);
}

at::Tensor convolutionBackwardData(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g);

at::Tensor libTorchsBackwardData(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!isEven(g))
    return convolutionBackwardData(gradient, weight, bias, paddedGeometry(g))
        .narrow(2, g.padding[0], g.size[0])
        .narrow(3, g.padding[1], g.size[1])
        .contiguous(gradient.suggest_memory_format());
  const auto format = g.channelsLast ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  const at::Tensor like = unread({g.batch, g.inChannels, g.size[0], g.size[1]}, gradient.options(), format);
  at::Tensor image = gradientOf(gradient, like, weight, g, true);
  if (bias.defined()) image.add_(bias.to(image.scalar_type()).view({1, -1, 1, 1}));
  return image;
}

at::Tensor convolutionBackwardData(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  const auto ours = [&] { return tried(&ConvolutionAlgorithm::convolutionBackwardData, gradient, weight, bias, g); };
  const auto theirs = [&] {
    if (inFloat(gradient, weight)) return convolutionBackwardData(gradient.to(at::kFloat), weight.to(at::kFloat), bias, g).to(at::kBFloat16);
    return libTorchsBackwardData(gradient, weight, bias, g);
  };
  return either("inputGradient", gradient, weight, g, ours, theirs);
}

at::Tensor convolutionBackwardWeights(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g);

at::Tensor libTorchsBackwardWeights(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g) {
  if (!isEven(g)) return convolutionBackwardWeights(padded(image, g), gradient, paddedGeometry(g));
  const at::Tensor like = at::empty({g.outChannels, g.inChannels, g.kernel[0], g.kernel[1]},
                                    image.options().memory_format(at::MemoryFormat::Contiguous));
  return gradientOf(gradient, image, like, g, false);
}

at::Tensor convolutionBackwardWeights(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g) {
  const auto ours = [&] { return tried(&ConvolutionAlgorithm::convolutionBackwardWeights, image, gradient, g); };
  const auto theirs = [&] {
    if (inFloat(image, gradient)) return convolutionBackwardWeights(image.to(at::kFloat), gradient.to(at::kFloat), g).to(at::kBFloat16);
    return libTorchsBackwardWeights(image, gradient, g);
  };
  return either("weightGradient", image, gradient, g, ours, theirs);
}

/** A bias that is given, or none: an undefined tensor is no argument of a Function. */
Optional<at::Tensor> given(const Optional<at::Tensor>& bias) {
  if (bias.has_value() && bias->defined()) return *bias;
  return kNone;
}

void save(AutogradContext* context, const Geometry& g, const Optional<at::Tensor>& bias = kNone) {
  context->saved_data["bias"] = bias.has_value();
  context->saved_data["geometry"] = std::vector<int64_t>{g.batch, g.inChannels, g.outChannels, g.size[0], g.size[1], g.kernel[0],
                                                         g.kernel[1], g.stride[0], g.stride[1], g.padding[0], g.padding[1],
                                                         g.after[0], g.after[1], g.channelsLast};
}

Geometry restore(AutogradContext* context) {
  const auto v = context->saved_data["geometry"].toIntVector();
  return {v[0], v[1], v[2], {v[3], v[4]}, {v[5], v[6]}, {v[7], v[8]}, {v[9], v[10]}, {v[11], v[12]}, v[13] != 0};
}

/** What a map made, which is then asked for its gradient. */
at::Tensor made(AutogradContext* context, const at::Tensor& images) {
  context->saved_data["channelsLast"] = images.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
  return images;
}

/** The gradient of what was made, with its channels where those are: else each map that reads it would turn it around. */
at::Tensor gradientOfMade(AutogradContext* context, const at::Tensor& gradient) {
  return context->saved_data["channelsLast"].toBool() && !at::GradMode::is_enabled() ? channelsLast(gradient) : gradient;
}

at::Tensor biasGradient(const at::Tensor& gradient) {
  return gradient.dim() == 2 ? gradient.sum(0) : gradient.sum({0, 2, 3});
}

struct ConvolutionForward : Function<ConvolutionForward> {
  static at::Tensor forward(AutogradContext*, const at::Tensor& image, const at::Tensor& weight,
                            const Optional<at::Tensor>& bias, const Geometry& g);
  static variable_list backward(AutogradContext*, variable_list);
};
struct ConvolutionBackwardData : Function<ConvolutionBackwardData> {
  static at::Tensor forward(AutogradContext*, const at::Tensor& gradient, const at::Tensor& weight,
                            const Optional<at::Tensor>& bias, const Geometry& g);
  static variable_list backward(AutogradContext*, variable_list);
};
struct ConvolutionBackwardWeights : Function<ConvolutionBackwardWeights> {
  static at::Tensor forward(AutogradContext*, const at::Tensor& image, const at::Tensor& gradient, const Geometry& g);
  static variable_list backward(AutogradContext*, variable_list);
};

/** The maps, recorded for their derivatives where anything is. */
at::Tensor recordedForward(const at::Tensor& image, const at::Tensor& weight, const Optional<at::Tensor>& bias, const Geometry& g) {
  if (at::GradMode::is_enabled()) return ConvolutionForward::apply(image, weight, bias, g);
  return convolutionForward(image, weight, bias.value_or(at::Tensor()), g);
}
at::Tensor recordedBackwardData(const at::Tensor& gradient, const at::Tensor& weight, const Optional<at::Tensor>& bias, const Geometry& g) {
  if (at::GradMode::is_enabled()) return ConvolutionBackwardData::apply(gradient, weight, bias, g);
  return convolutionBackwardData(gradient, weight, bias.value_or(at::Tensor()), g);
}
at::Tensor recordedBackwardWeights(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g) {
  return at::GradMode::is_enabled() ? ConvolutionBackwardWeights::apply(image, gradient, g) : convolutionBackwardWeights(image, gradient, g);
}

at::Tensor ConvolutionForward::forward(AutogradContext* context, const at::Tensor& image, const at::Tensor& weight,
                             const Optional<at::Tensor>& bias, const Geometry& g) {
  context->save_for_backward({keep(context, image), weight});
  save(context, g, bias);
  return made(context, convolutionForward(image, weight, bias.value_or(at::Tensor()), g));
}

variable_list ConvolutionForward::backward(AutogradContext* context, variable_list gradients) {
  const auto saved = context->get_saved_variables();
  const Geometry g = restore(context);
  const at::Tensor gradient = gradientOfMade(context, gradients[0]);
  at::Tensor image, weight, bias;
  // The weight's first: what is computed again for it is gone before the other large map is made.
  if (context->needs_input_grad(1)) weight = recordedBackwardWeights(kept(context, saved[0]), gradient, g);
  if (context->needs_input_grad(0)) image = recordedBackwardData(gradient, saved[1], kNone, g);
  if (context->saved_data["bias"].toBool() && context->needs_input_grad(2)) bias = biasGradient(gradient);
  return {image, weight, bias, at::Tensor()};
}

at::Tensor ConvolutionBackwardData::forward(AutogradContext* context, const at::Tensor& gradient, const at::Tensor& weight,
                           const Optional<at::Tensor>& bias, const Geometry& g) {
  context->save_for_backward({keep(context, gradient), weight});
  save(context, g, bias);
  return made(context, convolutionBackwardData(gradient, weight, bias.value_or(at::Tensor()), g));
}

variable_list ConvolutionBackwardData::backward(AutogradContext* context, variable_list gradients) {
  const auto saved = context->get_saved_variables();
  const Geometry g = restore(context);
  const at::Tensor image = gradientOfMade(context, gradients[0]);
  at::Tensor gradient, weight, bias;
  if (context->needs_input_grad(1)) weight = recordedBackwardWeights(image, kept(context, saved[0]), g);
  if (context->needs_input_grad(0)) gradient = recordedForward(image, saved[1], kNone, g);
  if (context->saved_data["bias"].toBool() && context->needs_input_grad(2)) bias = biasGradient(image);
  return {gradient, weight, bias, at::Tensor()};
}

at::Tensor ConvolutionBackwardWeights::forward(AutogradContext* context, const at::Tensor& image, const at::Tensor& gradient,
                          const Geometry& g) {
  context->save_for_backward({image, gradient});
  save(context, g);
  return convolutionBackwardWeights(image, gradient, g);
}

variable_list ConvolutionBackwardWeights::backward(AutogradContext* context, variable_list gradients) {
  const auto saved = context->get_saved_variables();
  const Geometry g = restore(context);
  at::Tensor image, gradient;
  if (context->needs_input_grad(0)) image = recordedBackwardData(saved[1], gradients[0], kNone, g);
  if (context->needs_input_grad(1)) gradient = recordedForward(saved[0], gradients[0], kNone, g);
  return {image, gradient, at::Tensor()};
}

/** Beyond any image; larger strides would overflow products of sizes. */
constexpr int64_t kMostStride = int64_t{1} << 24;
/** Wider than any image: beyond it there is only padding to go through, for minutes. */
constexpr int64_t kMostPadding = int64_t{1} << 15;
/** And places of one channel with its padding: 16384 x 16384. An image that is larger itself may have as many again around it. */
constexpr int64_t kMostPadded = int64_t{1} << 28;

/**
 * @param weight's channels for the input, and those that come out, are its dimensions `from` and 1 - `from`; dimension 1 counts those of
 * one group
 */
void check(const char* name, const at::Tensor& input, const at::Tensor& weight, const Optional<at::Tensor>& bias, int from,
           at::IntArrayRef stride, at::IntArrayRef padding, int64_t groups) {
  TORCH_CHECK(input.dim() == 4 && weight.dim() == 4, name, " needs N,C,H,W input and weight, got input ", input.sizes(),
              " and weight ", weight.sizes());
  TORCH_CHECK(groups > 0 && weight.size(0) % groups == 0, name, ": ", weight.size(0), " channels cannot be parted into ", groups,
              " groups");
  const auto channels = [&](int dimension) { return weight.size(dimension) * (dimension == 1 ? groups : 1); };
  TORCH_CHECK(input.size(1) == channels(from), name, ": the input has ", input.size(1), " channels, the weight expects ",
              channels(from));
  if (bias.has_value() && bias->defined())
    TORCH_CHECK(bias->dim() == 1 && bias->size(0) == channels(1 - from), name, " makes ", channels(1 - from),
                " channels, but the bias has the shape ", bias->sizes());
  TORCH_CHECK(stride.size() == 2 && (padding.size() == 2 || padding.size() == 4), name,
              " needs 2 numbers for stride and 2 or 4 (top, left, bottom, right) for padding, got ", stride, " and ", padding);
  for (const int64_t side : padding)
    TORCH_CHECK(side >= 0 && side <= kMostPadding, "padding must be from 0 to ", kMostPadding, ", got ", side);
  for (int64_t d = 0; d < 2; ++d) {
    TORCH_CHECK(stride[d] > 0 && stride[d] <= kMostStride, "stride must be from 1 to ", kMostStride,
                ", got ", stride[d]);
    TORCH_CHECK(weight.size(d + 2) > 0, name, ": the kernel is empty: ", weight.sizes());
  }
}

void cast(at::Tensor& input, at::Tensor& weight) {
  const auto device = input.device().type();
  if (!autocastEnabled(device)) return;
  const auto dtype = autocastDtype(device);
  input = at::autocast::cached_cast(dtype, input, device);
  weight = at::autocast::cached_cast(dtype, weight, device);
}

/** All that input, weight and options say; the size is for the caller to say. */
Geometry geometryOf(const at::Tensor& input, const at::Tensor& weight, at::IntArrayRef stride, at::IntArrayRef padding) {
  const size_t after = padding.size() - 2;
  return {input.size(0), weight.size(1), weight.size(0), {0, 0}, {weight.size(2), weight.size(3)}, {stride[0], stride[1]},
          {padding[0], padding[1]}, {padding[after], padding[after + 1]},
          input.suggest_memory_format() == at::MemoryFormat::ChannelsLast};
}

at::Tensor conv2d(const at::Tensor& input, const at::Tensor& weight, const Optional<at::Tensor>& bias,
                  at::IntArrayRef stride, at::IntArrayRef padding, int64_t groups) {
  check("conv2d", input, weight, bias, 1, stride, padding, groups);
  Geometry g = geometryOf(input, weight, stride, padding);
  g.size = {input.size(2), input.size(3)};
  for (int d = 0; d < 2; ++d)
    TORCH_CHECK(g.size[d] + g.padding[d] + g.after[d] >= g.kernel[d], "conv2d: the kernel ", weight.sizes(),
                " is larger than the padded input ", input.sizes());
  const int64_t places = (g.size[0] + g.padding[0] + g.after[0]) * (g.size[1] + g.padding[1] + g.after[1]);
  TORCH_CHECK(places <= std::max(kMostPadded, 2 * g.size[0] * g.size[1]), "padding ", padding, " makes an image of ", g.size[0], "x",
              g.size[1], " one of ", places, " places; the most is ", kMostPadded);
  if (groups > 1 || input.device().type() != at::kCPU)
    return isEven(g) ? at::conv2d(input, weight, bias, stride, list(g.padding), kOne, groups)
                     : at::conv2d(padded(input, g), weight, bias, stride, kZero, kOne, groups);
  at::Tensor x = input, w = weight;
  cast(x, w);
  return recordedForward(x, w, given(bias), g);
}

at::Tensor convTranspose2d(const at::Tensor& input, const at::Tensor& weight, const Optional<at::Tensor>& bias,
                           at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef outputPadding, int64_t groups) {
  check("conv_transpose2d", input, weight, bias, 0, stride, padding, groups);
  TORCH_CHECK(outputPadding.size() == 2, "output_padding needs 2 numbers, got ", outputPadding);
  for (int64_t d = 0; d < 2; ++d)
    TORCH_CHECK(outputPadding[d] >= 0 && outputPadding[d] < stride[d], "output padding must be in [0, stride), got ",
                outputPadding[d]);
  Geometry g = geometryOf(input, weight, stride, padding);
  for (int d = 0; d < 2; ++d) {
    g.size[d] = (input.size(d + 2) - 1) * stride[d] - g.padding[d] - g.after[d] + g.kernel[d] + outputPadding[d];
    TORCH_CHECK(g.size[d] > 0, "the output would be empty: input ", input.sizes(), ", weight ", weight.sizes());
  }
  if (groups > 1 || input.device().type() != at::kCPU) {
    if (isEven(g)) return at::conv_transpose2d(input, weight, bias, stride, list(g.padding), outputPadding, groups);
    return at::conv_transpose2d(input, weight, bias, stride, kZero, outputPadding, groups)
        .narrow(2, g.padding[0], g.size[0])
        .narrow(3, g.padding[1], g.size[1]);
  }
  at::Tensor y = input, w = weight;
  cast(y, w);
  return recordedBackwardData(y, w, given(bias), g);
}

/** A matrix is images of one sample each. */
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const Optional<at::Tensor>& bias) {
  const bool fits = input.device().is_cpu() && weight.device().is_cpu() && !autocastEnabled(at::kCPU) &&
                    areMatrices(input, weight) && input.size(1) == weight.size(1) &&
                    (!given(bias).has_value() || (bias->dim() == 1 && bias->size(0) == weight.size(0)));
  if (!fits) return at::linear(input, weight, bias);
  const Geometry g{input.size(0), input.size(1), weight.size(0), {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}, false};
  return recordedForward(input, weight, given(bias), g);
}

}  // namespace
}  // namespace gantry

TORCH_LIBRARY(gantry, library) {
  library.def("conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int groups=1) "
              "-> Tensor",
              gantry::conv2d);
  library.def(
      "conv_transpose2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, "
      "int[2] output_padding=0, int groups=1) -> Tensor",
      gantry::convTranspose2d);
  library.def("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", gantry::linear);
}
