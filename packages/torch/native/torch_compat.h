// What differs between the LibTorch versions Gantry builds against, 1.13 to 2.x. Everything else here is written to what
// they share.
#pragma once

#include <ATen/autocast_mode.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <optional>
#include <string>

#define GANTRY_TORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace gantry {

// 2.x made c10::optional another name for std::optional, and is dropping that name.
#if GANTRY_TORCH_AT_LEAST(2, 4)
template <typename T>
using Optional = std::optional<T>;
constexpr auto kNone = std::nullopt;
#else
template <typename T>
using Optional = c10::optional<T>;
constexpr auto kNone = c10::nullopt;
#endif

// Autocast moved from one function a device to one function with a device argument in 2.4.
inline bool autocastEnabled(at::DeviceType device) {
#if GANTRY_TORCH_AT_LEAST(2, 4)
  return at::autocast::is_autocast_enabled(device);
#else
  return device == at::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
#endif
}

inline void setAutocast(at::DeviceType device, bool enabled) {
#if GANTRY_TORCH_AT_LEAST(2, 4)
  at::autocast::set_autocast_enabled(device, enabled);
#else
  if (device == at::kCPU) at::autocast::set_cpu_enabled(enabled);
  else at::autocast::set_enabled(enabled);
#endif
}

inline at::ScalarType autocastDtype(at::DeviceType device) {
#if GANTRY_TORCH_AT_LEAST(2, 4)
  return at::autocast::get_autocast_dtype(device);
#else
  return device == at::kCPU ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype();
#endif
}

inline void setAutocastDtype(at::DeviceType device, at::ScalarType dtype) {
#if GANTRY_TORCH_AT_LEAST(2, 4)
  at::autocast::set_autocast_dtype(device, dtype);
#else
  if (device == at::kCPU) at::autocast::set_autocast_cpu_dtype(dtype);
  else at::autocast::set_autocast_gpu_dtype(dtype);
#endif
}

/** How many owners the gradient that a Function is given has at least: in 1.13 the engine holds on to it, too. */
#if GANTRY_TORCH_AT_LEAST(2, 0)
constexpr size_t kGradientOwners = 1;
#else
constexpr size_t kGradientOwners = 2;
#endif

#if GANTRY_TORCH_AT_LEAST(2, 0)
using WarningHandlerGuard = c10::WarningUtils::WarningHandlerGuard;
#else
using WarningHandlerGuard = c10::Warning::WarningHandlerGuard;
#endif

/** While it lives, LibTorch's warnings on this thread go unheard. */
class WithoutWarnings {
  struct Unheard final : c10::WarningHandler {
#if GANTRY_TORCH_AT_LEAST(2, 0)
    void process(const c10::Warning&) override {}
#else
    void process(const c10::SourceLocation&, const std::string&, bool) override {}
#endif
  } unheard_;
  WarningHandlerGuard guard_{&unheard_};
};

}  // namespace gantry
