// Arithmetic on AMX, the matrix unit of newer Intel processors, which multiplies matrices of bfloat16 and sums in float32:
// what operators/convolution_amx.cc is made of. It includes nothing but integer types, see kernels/kernels.h.
//
// A tile is 16 rows of 32 numbers: of a product's left side, 16 rows and 32 of what is summed over; of its right side, 16
// pairs of what is summed over, 16 columns of such pairs.
#pragma once

#include <stdint.h>

/** Compilers that know the instructions, and the system that lets a process use them. */
#if defined(__x86_64__) && defined(__linux__) && (defined(__clang__) || __GNUC__ >= 11)
#define GANTRY_AMX
#endif

namespace gantry::kernels {

/** Numbers of a tile. */
constexpr int64_t kTile = 512;
/** Rows of a tile, and columns of a product's tile. */
constexpr int64_t kTileRows = 16;
/** What one tile sums over. */
constexpr int64_t kTileDepth = 32;
/** Rows and columns of the sums that are made at a time: two tiles of each. */
constexpr int64_t kSums = 32;

/** The sum of `count` products of a pair of tiles' rows, each `depth` tiles deep. Strides are in numbers. */
struct TileProduct {
  const uint16_t* const* left;
  const uint16_t* const* right;
  int64_t count;
  int64_t rightOffset;  // added to every right side
  int64_t depth;
  int64_t leftTiles, rightTiles;    // 1 or 2
  int64_t leftStride, rightStride;  // from a tile to the one beside it
};

/** Numbers of bfloat16 are their bits here. A sample of an image is [channels], images are `stride` apart. */
struct AmxKernels {
  /** Around all use of `multiply`, in every thread. */
  void (*begin)();
  void (*end)();
  /** To sums[kSums][kSums]. */
  void (*multiply)(const TileProduct&, float* sums);
  /** A sample of up to 32 images as two tiles' rows, channels to be summed over: [tile][depth]. */
  void (*rows)(const uint16_t* sample, int64_t stride, int64_t images, int64_t channels, uint16_t* to);
  /** A sample of up to 32 images as rows of channels, images to be summed over: [channels / 16]. */
  void (*turned)(const uint16_t* sample, int64_t stride, int64_t images, int64_t channels, uint16_t* to);
  /** A sample of up to 32 images as a right side, images to be summed over: [channels / 16]. */
  void (*pairs)(const uint16_t* sample, int64_t stride, int64_t images, int64_t channels, uint16_t* to);
  /**
   * A weight's taps, which lie next to each other, as a right side each, tapNumbers apart: [depth]. Of 16 columns; its rows are
   * summed over.
   */
  void (*filter)(const uint16_t* weight, int64_t rows, int64_t rowStride, int64_t columnStride, int64_t taps, uint16_t* to,
                 int64_t tapNumbers);
  /** Sums of each tap, [channels] and tapStride apart, as a row of a weight's gradient: [channels][taps]. */
  void (*filterGradient)(const float* sums, int64_t channels, int64_t taps, int64_t tapStride, uint16_t* weight);
  /** Sums, and what each column's bias is (null for none), to samples of images. */
  void (*write)(const float* sums, const float* bias, int64_t images, int64_t channels, uint16_t* sample, int64_t stride);
  /** Adds sums to rows of floats. */
  void (*add)(const float* sums, int64_t rows, int64_t columns, float* to, int64_t stride);
};

/** Null where the processor has none, or the system does not let this process use it. */
const AmxKernels* amxKernels();

const AmxKernels& amx();

}  // namespace gantry::kernels
