// Random generators: seeded, and saved and restored exactly as their byte state.
#include <ATen/CPUGeneratorImpl.h>

#include <cstring>
#include <mutex>

#include "bindings/env.h"

namespace gantry {
namespace {

/// A Uint8Array of the bytes of a generator's state.
napi_value fromState(napi_env env, const at::Tensor& state) {
  void* data;
  napi_value buffer, result;
  const auto length = static_cast<size_t>(state.nbytes());
  check(env, napi_create_arraybuffer(env, length, &data, &buffer), "state");
  if (length > 0) std::memcpy(data, state.data_ptr(), length);
  check(env, napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &result), "state");
  return result;
}

at::Tensor toState(napi_env env, napi_value value) {
  bool isTyped = false;
  napi_is_typedarray(env, value, &isTyped);
  napi_typedarray_type type = napi_float64_array;
  size_t length = 0;
  void* data = nullptr;
  if (isTyped) check(env, napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr), "state");
  if (type != napi_uint8_array) throw Misuse("a generator's state must be a Uint8Array");
  at::Tensor state = at::empty({static_cast<int64_t>(length)}, at::kByte);
  if (length > 0) std::memcpy(state.data_ptr(), data, length);
  return state;
}

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
    at::Generator& generator = envOf(env).generator(toDouble(env, args.at(0), "generator"));
    std::lock_guard<std::mutex> lock(generator.mutex());
    return fromState(env, generator.get_state());
  });
}

napi_value setState(napi_env env, napi_callback_info info) {
  return guarded(env, "setState", [&]() -> napi_value {
    Arguments args(env, info);
    at::Generator& generator = envOf(env).generator(toDouble(env, args.at(0), "generator"));
    const at::Tensor state = toState(env, args.at(1));
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_state(state);
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
