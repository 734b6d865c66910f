// Which of the kernels this processor has instructions for.
#include "kernels/kernels.h"

#include "kernels/amx.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(GANTRY_AMX)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cctype>
#include <cstdlib>
#include <string>

namespace gantry::kernels {

namespace {

enum class Instructions { none, avx2, avx512 };

#if defined(__x86_64__)
/** What oneDNN is restricted to by its variable, which has two names: empty for nothing. */
std::string oneDnnMost() {
  for (const char* const name : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"})
    if (const char* const wish = std::getenv(name); wish != nullptr) {
      std::string most = wish;
      for (char& letter : most) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
      if (!most.empty() && most != "ALL" && most != "DEFAULT") return most;
    }
  return "";
}
#endif

Instructions instructions() {
#if defined(__x86_64__)
  static const Instructions found = [] {
    // What LibTorch's own kernels go by: avx2 or default where the processor could do more.
    const char* const wish = std::getenv("ATEN_CPU_CAPABILITY");
    const std::string most = wish == nullptr ? "" : wish;
    if (most == "default") return Instructions::none;
    if (most != "avx2" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
      return Instructions::avx512;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Instructions::avx2 : Instructions::none;
  }();
  return found;
#else
  return Instructions::none;
#endif
}

/** Of these the one that the processor has instructions for. */
template <typename T>
const T* choose(const T& (*wide)(), const T& (*narrow)()) {
  const Instructions found = instructions();
  return found == Instructions::avx512 ? &wide() : found == Instructions::avx2 ? &narrow() : nullptr;
}

}  // namespace

#if defined(__x86_64__)
template <typename T>
const MatrixKernels<T>* matrixKernels() {
  return choose<MatrixKernels<T>>(avx512<T>, avx2<T>);
}
const ImageKernels* imageKernels() { return choose<ImageKernels>(avx512ImageKernels, avx2ImageKernels); }
#else
template <typename T>
const MatrixKernels<T>* matrixKernels() {
  return nullptr;
}
const ImageKernels* imageKernels() { return nullptr; }
#endif

template const MatrixKernels<float>* matrixKernels<float>();
template const MatrixKernels<double>* matrixKernels<double>();

bool hasBfloat16() {
#if defined(__x86_64__)
  static const bool has = instructions() == Instructions::avx512 &&
                          (oneDnnMost().empty() || oneDnnMost().find("AVX512") != std::string::npos ||
                           oneDnnMost().find("AVX10") != std::string::npos);
  return has;
#else
  return false;
#endif
}

const AmxKernels* amxKernels() {
#if defined(GANTRY_AMX)
  static const bool usable = []() {
    if (instructions() != Instructions::avx512) return false;
    if (!oneDnnMost().empty() && oneDnnMost().find("AMX") == std::string::npos) return false;
    unsigned a, b, c, d;
    constexpr unsigned kVectors = 1u << 5;  // AVX512_BF16
    if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || (a & kVectors) == 0) return false;
    constexpr unsigned kMatrices = 1u << 22 | 1u << 24;  // AMX-BF16, AMX-TILE
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & kMatrices) != kMatrices) return false;
    // Linux keeps the unit's large registers only for a process that has asked for them.
    constexpr long kRequest = 0x1023, kTileData = 18;
    return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
  }();
  return usable ? &amx() : nullptr;
#else
  return nullptr;
#endif
}

}  // namespace gantry::kernels
