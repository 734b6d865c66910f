// What kernels/kernels.h has for each type of images, for tensors.
#pragma once

#include <ATen/ATen.h>

#include "kernels/kernels.h"

namespace gantry {

/** What numbers are computed in, by the type they are stored in. */
inline at::ScalarType computedIn(at::ScalarType stored) { return stored == at::kBFloat16 ? at::kFloat : stored; }

/** Are there kernels for this matrix, or for these images? */
inline bool haveImageKernels(const at::Tensor& input) {
  const auto type = input.scalar_type();
  return input.device().is_cpu() && input.layout() == at::kStrided &&
         (type == at::kFloat || type == at::kDouble || type == at::kBFloat16) && (input.dim() == 4 || input.dim() == 2) &&
         input.numel() > 0 && input.size(1) % kernels::kPanel == 0 && kernels::imageKernels() != nullptr;
}

/** `work(pass, zero of the stored type, zero of the type computed in)`. */
template <typename F>
auto withImageKernels(at::ScalarType type, const F& work) {
  const kernels::ImageKernels& passes = *kernels::imageKernels();
  if (type == at::kFloat) return work(passes.floats, float{}, float{});
  if (type == at::kDouble) return work(passes.doubles, double{}, double{});
  return work(passes.halves, uint16_t{}, float{});
}

}  // namespace gantry
