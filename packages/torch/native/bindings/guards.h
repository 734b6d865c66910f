// Checks that run before an operator, for arguments on which LibTorch's kernels end the process.
#pragma once

#include "bindings/operator.h"

namespace gantry {

/// The check of the operator with this name without overload (`aten::conv2d`), or null.
Guard guardOf(const std::string& name);

/// Which tensors of the operator with this name, without overload, may be on another device than the others.
Mixing mixingOf(const std::string& name);

/// Throws Misuse that names two arguments on different devices, but for those that may be.
void checkDevices(const Operator& op, const torch::jit::Stack& arguments);

/// Throws Misuse for a tensor whose sizes make a product that no kernel expects, an empty one's other sizes too.
void checkSizes(const at::Tensor& tensor);

void initGuards(napi_env env, napi_value exports);

}  // namespace gantry
