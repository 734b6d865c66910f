// The three maps of a convolution whose kernel is as large as the image, as at the two ends of a DCGAN: products of matrices of
// one row an image. By oneDNN's kernels it took 2 to 6 times as long in float32 and 15 to 30 times in bfloat16 (64 images of 512
// channels and 4x4 samples, from 100 numbers).
#include "operators/convolution.h"

namespace gantry {
namespace {

bool applies(const at::Tensor& first, const at::Tensor& second, const Geometry& g) {
  const std::array<int64_t, 2> none{0, 0};
  return g.kernel == g.size && g.padding == none && g.after == none && g.kernel[0] * g.kernel[1] > 1 &&
         first.scalar_type() == second.scalar_type() && first.numel() > 0 && second.numel() > 0;
}

/** One row for each of the first dimension. */
at::Tensor rows(const at::Tensor& tensor) { return tensor.contiguous().view({tensor.size(0), -1}); }

at::Tensor convolutionForward(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(image, weight, g)) return {};
  return multiplied(rows(image), rows(weight).t(), bias).view({g.batch, g.outChannels, 1, 1});
}

at::Tensor convolutionBackwardData(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(gradient, weight, g)) return {};
  const at::Tensor each = bias.defined() ? bias.repeat_interleave(g.size[0] * g.size[1]) : bias;
  // Its one sample does not say how the input has its channels: last is what the other kernels need.
  return channelsLast(multiplied(rows(gradient), rows(weight), each).view({g.batch, g.inChannels, g.size[0], g.size[1]}));
}

at::Tensor convolutionBackwardWeights(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g) {
  if (!applies(image, gradient, g)) return {};
  return multiplied(rows(gradient).t(), rows(image), at::Tensor()).view({g.outChannels, g.inChannels, g.kernel[0], g.kernel[1]});
}

}  // namespace

const ConvolutionAlgorithm innerProduct{convolutionForward, convolutionBackwardData, convolutionBackwardWeights};

}  // namespace gantry
