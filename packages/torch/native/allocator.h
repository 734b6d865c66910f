// Where the memory of tensors comes from.
#pragma once

#include <ATen/ATen.h>

namespace gantry {

/** From here on, tensors of the CPU have memory that is kept and used again (allocator.cc); on Linux only. */
void initMemory();

/** Whether a tensor of this size needs memory that is not kept here already. */
bool grows(size_t size);

/** Bytes that are kept for the next large tensors. */
size_t keptMemory();

/** Gives them back to the system, if no large tensor was made in the last second. @returns whether any are still kept */
bool restMemory();

/** Gives all that is kept back to the system, at once. */
void giveBack();

/** Bytes that tensors of the CPU hold, by what JavaScript knows or by graphs alone; 0 where nobody counts. */
int64_t heldMemory();

/** Images for operators that ask for nothing but the sizes and the layout of an argument: on Linux no memory is behind them. */
at::Tensor unread(at::IntArrayRef sizes, const at::TensorOptions& options, at::MemoryFormat format);

}  // namespace gantry
