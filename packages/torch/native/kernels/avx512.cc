// The kernels for processors with AVX-512.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
// Not as memcpy: of the few hundred bytes that kernels copy at a time, GCC makes string instructions, ten times slower.
#pragma GCC optimize("O3,no-tree-loop-distribute-patterns")
#endif
#define GANTRY_VECTOR_BYTES 64
#define GANTRY_BLOCK_ROWS 12
#define GANTRY_BLOCK_PANELS 2
#define GANTRY_MATRIX_KERNELS avx512
#define GANTRY_IMAGE_KERNELS avx512ImageKernels
#include "kernels/all-inl.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
