// Which of two ways computes a map of a shape: Gantry's kernels or LibTorch's, whichever was measured to be faster.
//
// Kernels differ in the last bits, so a choice stands for as long as a process lives, and for as long as the file does that choices are
// kept in: whoever meets a shape first measures it, under the file's lock, and all others read what it chose.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <string>

#include "operators/convolution.h"

namespace gantry {

using Way = std::function<at::Tensor()>;

/** Do choices count in this process? Not before any were recalled, or are to be kept. */
bool choosing();

/** What `ours` makes, where that is a tensor, or `theirs`, whichever was chosen for this map of this shape. */
at::Tensor chosen(const char* map, const at::Tensor& first, const at::Tensor& second, const Geometry& g, const Way& ours,
                  const Way& theirs);

/** Choices of other switches are others. */
void setSwitches(bool amxKernels, bool winograd);

}  // namespace gantry
