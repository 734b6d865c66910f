// The kernels for products of matrices, for tensors.
#pragma once

#include <ATen/ATen.h>

#include "kernels.h"

namespace gantry {

/** Has this processor instructions that they are compiled for? */
inline bool haveSets() { return kernels::best<float>() != nullptr; }

/** `work(set, zero of the type)`, for float32 and float64. There must be sets. */
template <typename F>
auto withSet(at::ScalarType type, const F& work) {
  return type == at::kFloat ? work(*kernels::best<float>(), float{}) : work(*kernels::best<double>(), double{});
}

}  // namespace gantry
