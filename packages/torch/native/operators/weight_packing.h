// Weights as the right sides of matrix products, and back.
#pragma once

#include <ATen/ATen.h>

#include "operators/convolution.h"

namespace gantry {

/**
 * A weight [made, channels, height, width] as a right side for each tap: [tap][columns / kPanel][rows][kPanel], where rows are
 * the channels and columns what is made; turned around, the other way. Both must be multiples of kPanel.
 */
template <typename T>
at::Tensor packWeight(const at::Tensor& weight, bool turned);

/** Sums [tap][channels][made] as a weight. */
template <typename T>
at::Tensor unpackWeight(const at::Tensor& sums, const Geometry& g);

/**
 * A weight's phases, its even and odd rows and columns of taps where the stride is two, each as Winograd's transforms read it in
 * one go: [phase][columns / kPanel][rows / kStrip][tap of the phase][kStrip][kPanel]; turned around, with the last tap first.
 * The kernel must be a multiple of the stride.
 */
template <typename T>
at::Tensor packWinograd(const at::Tensor& weight, const Geometry& g, bool turned);

/** The same, not turned around, as a weight. */
template <typename T>
at::Tensor unpackWinograd(const at::Tensor& sums, const Geometry& g);

}  // namespace gantry
