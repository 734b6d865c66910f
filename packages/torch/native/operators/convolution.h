// A convolution as one trilinear form of image, weight and output gradient, and what its maps have in common.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <utility>

#include "torch_compat.h"

namespace gantry {

/** Of a convolution that takes [batch, inChannels, size] to [batch, outChannels, outSize], whichever of its maps is asked for. */
struct Geometry {
  int64_t batch, inChannels, outChannels;
  /** `padding` is before the first sample of an axis, `after` behind the last. */
  std::array<int64_t, 2> size, kernel, stride, padding, after;
  /** Whether the maps have their channels last, where the way of computing them leaves the choice. */
  bool channelsLast;

  int64_t outSize(int d) const { return (size[d] + padding[d] + after[d] - kernel[d]) / stride[d] + 1; }

  /** First and one past the last tap along an axis that sees a sample, for the output at `place`. */
  std::pair<int64_t, int64_t> seen(int d, int64_t place) const {
    const int64_t start = place * stride[d] - padding[d];
    return {std::max<int64_t>(0, -start), std::min(kernel[d], size[d] - start)};
  }

  /** The output along an axis that sees a sample by a tap; -1 for none. */
  int64_t seeing(int d, int64_t sample, int64_t tap) const {
    const int64_t start = sample + padding[d] - tap;
    return start >= 0 && start % stride[d] == 0 && start / stride[d] < outSize(d) ? start / stride[d] : -1;
  }
};

/** A bias as numbers of T; its data are null where there is none. */
template <typename T>
struct Bias {
  at::Tensor numbers;
  const T* data;
  explicit Bias(const at::Tensor& bias)
      : numbers(bias.defined() ? bias.to(c10::CppTypeToScalarType<T>::value).contiguous() : bias),
        data(bias.defined() ? numbers.data_ptr<T>() : nullptr) {}
};

/** Images with their channels last; itself where it has them so. */
at::Tensor channelsLast(const at::Tensor& images);

/** With their channels last. */
inline at::Tensor emptyImages(int64_t count, int64_t channels, int64_t height, int64_t width, const at::Tensor& like) {
  return at::empty({count, channels, height, width}, like.options().memory_format(at::MemoryFormat::ChannelsLast));
}

/**
 * A way to compute the three maps; each gives an undefined tensor where something else is faster, or is null where something else
 * always is. `bias` may be undefined.
 */
struct ConvolutionAlgorithm {
  at::Tensor (*convolutionForward)(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry&);
  at::Tensor (*convolutionBackwardData)(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry&);
  at::Tensor (*convolutionBackwardWeights)(const at::Tensor& image, const at::Tensor& gradient, const Geometry&);
};

/** Each in the file of its name; matrices, of images of one sample and with one tap, in operators/linear.cc. */
extern const ConvolutionAlgorithm amx, winograd, direct, col2im, innerProduct, matrices;

/** Can these be multiplied there? Then their derivatives can, too. */
bool areMatrices(const at::Tensor& first, const at::Tensor& second);

/** left times right, and the bias for each row: by Gantry's own kernels where they can, else by LibTorch's. */
at::Tensor multiplied(const at::Tensor& left, const at::Tensor& right, const at::Tensor& bias);

/** Switches a way on or off; all begin on. */
void setMatrixUnit(bool on);
void setWinograd(bool on);

}  // namespace gantry
