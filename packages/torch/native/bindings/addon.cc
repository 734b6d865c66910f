// The addon's front door: one Env for each JavaScript environment, then every topic's functions.
#include "bindings/guards.h"

namespace {

napi_value init(napi_env env, napi_value exports) {
  auto* state = new gantry::Env();
  napi_set_instance_data(env, state, [](napi_env, void* data, void*) { delete static_cast<gantry::Env*>(data); }, nullptr);
  gantry::initTensor(env, exports);
  gantry::initDispatch(env, exports);
  gantry::initAutograd(env, exports);
  gantry::initRandom(env, exports);
  gantry::initSystem(env, exports);
  gantry::initChoice(env, exports);
  gantry::initCollector(env, exports);
  gantry::initDistributed(env, exports);
  gantry::initGuards(env, exports);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
