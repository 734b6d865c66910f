// Checks that run before an operator, for arguments on which LibTorch's kernels end the process.
#pragma once

#include "dispatch.h"

namespace gantry {

/// The check of the operator with this name without overload (`aten::conv2d`), or null.
Guard guardOf(const std::string& name);

void initGuards(napi_env env, napi_value exports);

}  // namespace gantry
