// Where the memory of tensors comes from.
#pragma once

#include <ATen/ATen.h>

namespace gantry {

/** From here on, tensors of the CPU have memory that is kept and used again (memory.cc); on Linux only. */
void initMemory();

/** Images for operators that ask for nothing but the sizes and the layout of an argument: on Linux no memory is behind them. */
at::Tensor unread(at::IntArrayRef sizes, const at::TensorOptions& options, at::MemoryFormat format);

}  // namespace gantry
