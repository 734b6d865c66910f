// The machine as LibTorch sees it: version, threads, devices, autocast, memory.
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/DefaultDtype.h>
#include <c10/util/Logging.h>
#include <torch/version.h>

#include <dlfcn.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <cstdio>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "operators/choice.h"
#include "operators/convolution.h"
#include "bindings/env.h"
#include "kernels/kernels.h"
#include "kernels/amx.h"
#include "allocator.h"
#include "torch_compat.h"

namespace gantry {
namespace {

napi_value version(napi_env env, napi_callback_info) {
  return guarded(env, "version", [&] { return fromString(env, TORCH_VERSION); });
}

/// The file that LibTorch was loaded from.
napi_value library(napi_env env, napi_callback_info) {
  return guarded(env, "library", [&] {
    Dl_info info{};
    const bool known = dladdr(reinterpret_cast<void*>(&at::get_num_threads), &info) != 0 && info.dli_fname != nullptr;
    return fromString(env, known ? info.dli_fname : "");
  });
}

/// LibTorch's own description of how it was built (BLAS, oneDNN, OpenMP) and of its threads.
napi_value describe(napi_env env, napi_callback_info) {
  return guarded(env, "describe", [&] { return fromString(env, at::show_config() + "\n" + at::get_parallel_info()); });
}

napi_value threads(napi_env env, napi_callback_info) {
  return guarded(env, "threads", [&] { return fromDouble(env, at::get_num_threads()); });
}

napi_value hasMatrixUnit(napi_env env, napi_callback_info) {
  return guarded(env, "hasMatrixUnit", [&] { return fromBool(env, kernels::amxKernels() != nullptr); });
}

napi_value hasBfloat16(napi_env env, napi_callback_info) {
  return guarded(env, "hasBfloat16", [&] { return fromBool(env, kernels::hasBfloat16()); });
}

napi_value setConvolutions(napi_env env, napi_callback_info info) {
  return guarded(env, "setConvolutions", [&]() -> napi_value {
    Arguments args(env, info);
    const bool amxKernels = toBool(env, args.at(0), "matrixUnit"), winograd = toBool(env, args.at(1), "winograd");
    setMatrixUnit(amxKernels);
    setWinograd(winograd);
    setSwitches(amxKernels, winograd);
    return nullptr;
  });
}

napi_value setThreads(napi_env env, napi_callback_info info) {
  return guarded(env, "setThreads", [&]() -> napi_value {
    Arguments args(env, info);
    const int64_t count = toInt(env, args.at(0), "threads");
    // Every thread is started at the next parallel operator: thousands of them stop a machine for half a minute.
    const int64_t most = 16 * static_cast<int64_t>(std::max(1u, std::thread::hardware_concurrency()));
    if (count < 1 || count > most)
      throw Misuse("threads must be between 1 and " + std::to_string(most) + " on this machine, got " + std::to_string(count));
    at::set_num_threads(static_cast<int>(count));
    return nullptr;
  });
}

napi_value deviceCount(napi_env env, napi_callback_info info) {
  return guarded(env, "deviceCount", [&] {
    Arguments args(env, info);
    const std::string kind = toString(env, args.at(0), "device");
    if (kind == "cpu") return fromDouble(env, 1);
    if (kind == "cuda")
      return fromDouble(env, static_cast<double>(at::getNumGPUs()));
    if (kind == "mps") return fromDouble(env, at::hasMPS() ? 1 : 0);
    throw Misuse("unknown device kind '" + kind + "'");
  });
}

/// enterAutocast(device, dtype) -> [enabledBefore, dtypeBefore]; leaveAutocast(device, enabledBefore, dtypeBefore).
napi_value enterAutocast(napi_env env, napi_callback_info info) {
  return guarded(env, "autocast", [&] {
    Arguments args(env, info);
    const auto device = deviceFromName(toString(env, args.at(0), "device")).type();
    const auto dtype = dtypeFromName(toString(env, args.at(1), "dtype"));
    napi_value result;
    check(env, napi_create_array_with_length(env, 2, &result), "list");
    napi_set_element(env, result, 0, fromBool(env, autocastEnabled(device)));
    napi_set_element(env, result, 1, fromString(env, dtypeName(autocastDtype(device))));
    setAutocastDtype(device, dtype);
    setAutocast(device, true);
    at::autocast::increment_nesting();
    return result;
  });
}

napi_value leaveAutocast(napi_env env, napi_callback_info info) {
  return guarded(env, "autocast", [&]() -> napi_value {
    Arguments args(env, info);
    const auto device = deviceFromName(toString(env, args.at(0), "device")).type();
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    setAutocast(device, toBool(env, args.at(1), "enabled"));
    setAutocastDtype(device, dtypeFromName(toString(env, args.at(2), "dtype")));
    return nullptr;
  });
}

napi_value setDefaultDtype(napi_env env, napi_callback_info info) {
  return guarded(env, "setDefaultDtype", [&]() -> napi_value {
    Arguments args(env, info);
    const auto dtype = dtypeFromName(toString(env, args.at(0), "dtype"));
    if (!at::isFloatingType(dtype)) throw Misuse("the default type must be a floating one");
    c10::set_default_dtype(caffe2::TypeMeta::fromScalarType(dtype));
    return nullptr;
  });
}

napi_value setErrorClass(napi_env env, napi_callback_info info) {
  return guarded(env, "setErrorClass", [&]() -> napi_value {
    Arguments args(env, info);
    Env& state = envOf(env);
    napi_valuetype type;
    napi_typeof(env, args.at(0), &type);
    if (type != napi_function) throw Misuse("the error class must be a class");
    napi_ref made = nullptr;
    check(env, napi_create_reference(env, args.at(0), 1, &made), "class");
    if (state.errorClass != nullptr) napi_delete_reference(env, state.errorClass);
    state.errorClass = made;
    return nullptr;
  });
}

/// LibTorch's warnings (a deprecated use, a slow path) as one line of stderr each, and each only once.
class Warnings final : public c10::WarningHandler {
 public:
#if GANTRY_TORCH_AT_LEAST(2, 0)
  void process(const c10::Warning& warning) override { print(warning.msg()); }
#else
  void process(const c10::SourceLocation&, const std::string& message, const bool) override { print(message); }
#endif

 private:
  void print(const std::string& message) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (seen_.insert(message).second) std::fprintf(stderr, "LibTorch warns: %s\n", message.c_str());
  }
  std::mutex mutex_;
  std::unordered_set<std::string> seen_;
};

void quieten() {
  static auto* warnings = new Warnings();
#if GANTRY_TORCH_AT_LEAST(2, 0)
  c10::WarningUtils::set_warning_handler(warnings);
#else
  c10::Warning::set_warning_handler(warnings);
  // Up to 1.13 every error looked up the names of its whole C++ stack, a millisecond each, for text nobody is shown.
  c10::SetStackTraceFetcher([] { return std::string(); });
#endif
}

}  // namespace

void initSystem(napi_env env, napi_value exports) {
#if defined(__GLIBC__)
  // A training step frees and asks again for the same blocks. Left alone, glibc returns those of megabytes to the kernel, and
  // the next step pays a page fault for every 4 KiB of them. Larger ones are allocator.cc's.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
  initMemory();
  quieten();
  exportFunction(env, exports, "version", version);
  exportFunction(env, exports, "library", library);
  exportFunction(env, exports, "describe", describe);
  exportFunction(env, exports, "threads", threads);
  exportFunction(env, exports, "hasMatrixUnit", hasMatrixUnit);
  exportFunction(env, exports, "hasBfloat16", hasBfloat16);
  exportFunction(env, exports, "setConvolutions", setConvolutions);
  exportFunction(env, exports, "setThreads", setThreads);
  exportFunction(env, exports, "deviceCount", deviceCount);
  exportFunction(env, exports, "enterAutocast", enterAutocast);
  exportFunction(env, exports, "leaveAutocast", leaveAutocast);
  exportFunction(env, exports, "setDefaultDtype", setDefaultDtype);
  exportFunction(env, exports, "setErrorClass", setErrorClass);
}

}  // namespace gantry
