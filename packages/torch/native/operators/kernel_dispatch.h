// The kernels for products of matrices, for tensors.
#pragma once

#include <ATen/ATen.h>

#include "kernels/kernels.h"

namespace gantry {

/** Has this processor instructions that they are compiled for? */
inline bool haveMatrixKernels() { return kernels::matrixKernels<float>() != nullptr; }

/** `work(set, zero of the type)`, for float32 and float64. There must be sets. */
template <typename F>
auto withMatrixKernels(at::ScalarType type, const F& work) {
  return type == at::kFloat ? work(*kernels::matrixKernels<float>(), float{}) : work(*kernels::matrixKernels<double>(), double{});
}

}  // namespace gantry
