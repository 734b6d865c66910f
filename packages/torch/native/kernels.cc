// Which of the kernels this processor has instructions for.
#include "kernels.h"

#include <cstdlib>
#include <string>

namespace gantry::kernels {

template <typename T>
const Set<T>* best() {
#if defined(__x86_64__)
  static const Set<T>* const set = []() -> const Set<T>* {
    // What LibTorch's own kernels go by: avx2 or default where the processor could do more.
    const char* const wish = std::getenv("ATEN_CPU_CAPABILITY");
    const std::string most = wish == nullptr ? "" : wish;
    if (most == "default") return nullptr;
    if (most != "avx2" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
      return &avx512<T>();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &avx2<T>();
    return nullptr;
  }();
  return set;
#else
  return nullptr;
#endif
}

template const Set<float>* best<float>();
template const Set<double>* best<double>();

}  // namespace gantry::kernels
