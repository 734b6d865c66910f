// Weights as the right sides of matrix products, and back.
#pragma once

#include <ATen/ATen.h>

#include "convolution.h"

namespace gantry {

/**
 * A weight [made, channels, height, width] as a right side for each tap: [tap][columns / kPanel][rows][kPanel], where rows are
 * the channels and columns what is made; turned around, the other way.
 */
template <typename T>
at::Tensor packWeight(const at::Tensor& weight, bool turned);

/** Sums [tap][channels][made] as a weight. */
template <typename T>
at::Tensor unpackWeight(const at::Tensor& sums, const Geometry& g);

}  // namespace gantry
