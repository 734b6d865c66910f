// Random generators: seeded, and saved and restored exactly as their byte state.
#include <ATen/CPUGeneratorImpl.h>

#include <mutex>

#include "env.h"

namespace gantry {
namespace {

napi_value make(napi_env env, napi_callback_info info) {
  return guarded(env, "Generator", [&] {
    Arguments args(env, info);
    const at::Device device = deviceFromName(toString(env, args.at(0), "device"));
    // The factory of a device's generators is part of its default generator: clone it, then seed.
    at::Generator generator = device.is_cpu() ? at::detail::createCPUGenerator()
                                              : at::globalContext().defaultGenerator(device).clone();
    return fromDouble(env, envOf(env).generators.add(std::move(generator)));
  });
}

napi_value defaultGenerator(napi_env env, napi_callback_info info) {
  return guarded(env, "Generator", [&] {
    Arguments args(env, info);
    const at::Device device = deviceFromName(toString(env, args.at(0), "device"));
    at::Generator generator = at::globalContext().defaultGenerator(device);
    return fromDouble(env, envOf(env).generators.add(std::move(generator)));
  });
}

napi_value seed(napi_env env, napi_callback_info info) {
  return guarded(env, "manualSeed", [&]() -> napi_value {
    Arguments args(env, info);
    at::Generator& generator = envOf(env).generator(toDouble(env, args.at(0), "generator"));
    const auto value = static_cast<uint64_t>(toInt(env, args.at(1), "seed"));
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_current_seed(value);
    return nullptr;
  });
}

napi_value getState(napi_env env, napi_callback_info info) {
  return guarded(env, "getState", [&] {
    Arguments args(env, info);
    Env& state = envOf(env);
    at::Generator& generator = state.generator(toDouble(env, args.at(0), "generator"));
    std::lock_guard<std::mutex> lock(generator.mutex());
    return fromDouble(env, state.tensors.add(generator.get_state()));
  });
}

napi_value setState(napi_env env, napi_callback_info info) {
  return guarded(env, "setState", [&]() -> napi_value {
    Arguments args(env, info);
    Env& state = envOf(env);
    at::Generator& generator = state.generator(toDouble(env, args.at(0), "generator"));
    const at::Tensor bytes = state.tensor(toDouble(env, args.at(1), "state"));
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_state(bytes);
    return nullptr;
  });
}

napi_value release(napi_env env, napi_callback_info info) {
  return guarded(env, "freeGenerator", [&]() -> napi_value {
    Arguments args(env, info);
    envOf(env).generators.remove(toDouble(env, args.at(0), "generator"));
    return nullptr;
  });
}

}  // namespace

void initRandom(napi_env env, napi_value exports) {
  exportFunction(env, exports, "makeGenerator", make);
  exportFunction(env, exports, "defaultGenerator", defaultGenerator);
  exportFunction(env, exports, "seedGenerator", seed);
  exportFunction(env, exports, "getGeneratorState", getState);
  exportFunction(env, exports, "setGeneratorState", setState);
  exportFunction(env, exports, "freeGenerator", release);
}

}  // namespace gantry
