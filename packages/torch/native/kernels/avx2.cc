// The kernels for processors with AVX2 and FMA.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
// Not as memcpy: of the few hundred bytes that kernels copy at a time, GCC makes string instructions, ten times slower.
#pragma GCC optimize("O3,no-tree-loop-distribute-patterns")
#endif
#define GANTRY_VECTOR_BYTES 32
#define GANTRY_BLOCK_ROWS 6
#define GANTRY_BLOCK_PANELS 1
#define GANTRY_MATRIX_KERNELS avx2
#define GANTRY_IMAGE_KERNELS avx2ImageKernels
#include "kernels/all-inl.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
