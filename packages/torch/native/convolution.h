// A convolution as one trilinear form of image, weight and output gradient, and what its maps have in common.
#pragma once

#include <ATen/ATen.h>

#include <array>

#include "torch_compat.h"

namespace gantry {

/** Of a convolution that takes [count, channels, size] to [count, made, outSize], whichever of its maps is asked for. */
struct Geometry {
  int64_t count, channels, made;
  std::array<int64_t, 2> size, kernel, stride, padding;

  int64_t outSize(int d) const { return (size[d] + 2 * padding[d] - kernel[d]) / stride[d] + 1; }
};

/** The maps as matrix products, see columns.cc; undefined where something else is faster. `bias` may be undefined. */
at::Tensor columnsConvolve(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry&);
at::Tensor columnsSpread(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry&);
at::Tensor columnsWeigh(const at::Tensor& image, const at::Tensor& gradient, const Geometry&);

}  // namespace gantry
