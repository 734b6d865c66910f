// Checks that run before an operator, for arguments on which LibTorch's kernels end the process.
#pragma once

#include "dispatch.h"

namespace gantry {

void initGuards(napi_env env, napi_value exports);

}  // namespace gantry
