// The kernels for processors with AVX2 and FMA.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#pragma GCC optimize("O3")
#endif
#define GANTRY_VECTOR_BYTES 32
#define GANTRY_BLOCK_ROWS 6
#define GANTRY_BLOCK_PANELS 1
#include "kernels_body.h"

namespace gantry::kernels {
template <>
const Set<float>& avx2<float>() {
  static constexpr Set<float> set = makeSet<float>();
  return set;
}
template <>
const Set<double>& avx2<double>() {
  static constexpr Set<double> set = makeSet<double>();
  return set;
}
}  // namespace gantry::kernels
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
