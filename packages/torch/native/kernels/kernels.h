// Arithmetic that is compiled once for each instruction set: the products of matrices that operators/convolution_direct.cc and operators/convolution_winograd.cc are made
// of, the transforms of operators/convolution_winograd.cc, operators/maxout.cc's sums of chosen rows, and the passes over memory of operators/batch_norm.cc and operators/resample.cc.
//
// This header is what the instruction sets' files (kernels/avx2.cc, kernels/avx512.cc) and their callers share; it
// includes nothing but integer types (see kernels/vector-inl.h).
#pragma once

#include <stdint.h>

namespace gantry::kernels {

/** Columns of a panel of a product's right side. Channels must be a multiple of it on both sides. */
constexpr int64_t kPanel = 16;
/** Winograd's tiles: kOutputs x kOutputs outputs at a time. */
constexpr int64_t kOutputs = 4;

/** How tiles lie in images [n, height, width, channels]: sample i of tile t along an axis is (t * kOutputs + i) * step + start. */
struct Tiles {
  int64_t height, width, channels;
  int64_t rows, columns;  // of tiles in an image
  int64_t top, left;      // start along each axis
  int64_t step;
};

/** Rows of a panel that lie together for each tap of what Winograd's transforms read and make. */
constexpr int64_t kStrip = 8;

/** A kernel, or a phase of one, as packWinograd has it: [columns / kPanel][rows / kStrip][tap][kStrip][kPanel]. */
template <typename T>
struct Filter {
  const T* packed;
  int64_t rows, columns;
  /** Of all rows that the products sum over, how many there are, and the filter's first. */
  int64_t depth, first;
};

/**
 * The transforms of one size of kernel, see operators/convolution_winograd.cc, of images that are stored as S; bfloat16 is its bits. A place of a
 * transformed tile is placeStride from the last.
 */
template <typename T, typename S>
struct WinogradTransforms {
  /** Taps of a kernel along an axis, and places of a transformed tile. */
  int64_t taps, places;
  /** Tiles [from, to) of images to B' x B: out[place * placeStride + (tile - first) * rowStride + channel]. */
  void (*input)(const Tiles&, const S* image, int64_t from, int64_t to, int64_t first, T* out, int64_t rowStride,
                int64_t placeStride);
  /** Tiles of gradients, transformed for the weights' gradient and packed as the products' right side. */
  void (*gradient)(const Tiles&, const S* image, int64_t from, int64_t to, int64_t first, int64_t tiles, T* out,
                   int64_t placeStride);
  /** Products [tile - first, columns] to some of the outputs' channels, which begin at `bias`, that may be null, and `image`. */
  void (*output)(const Tiles&, const T* products, int64_t placeStride, int64_t columns, int64_t from, int64_t to, int64_t first,
                 const T* bias, S* image);
  /** Rows [from, to) of a filter, multiples of kStrip, to G w G', packed as the products' right side. */
  void (*filter)(const Filter<T>&, int64_t from, int64_t to, T* out, int64_t placeStride);
  /**
   * The products' sums [rows][rowStride], of `columns` of them, to those of the weights' gradient for each tap, as a filter is
   * packed: panels are panelStride from each other. Rows are a multiple of kStrip.
   */
  void (*filterGradient)(const T* products, int64_t placeStride, int64_t rowStride, int64_t rows, int64_t columns, T* out,
                         int64_t panelStride);
};

/** Rows that are sorted by the map they chose, at a time; and how many columns of them lie near, at most. */
constexpr int64_t kSorted = 256, kNearColumns = 48;
/** Between one unit's and the next's: a power of two would have them contend for the same places of the cache. */
constexpr int64_t kSortedStride = kSorted + 16;

/** Room for that. */
template <typename T>
struct Sorted {
  /** [units][kSortedStride] each: places of rows, and their gradients. */
  int32_t* order;
  T* factors;
  /** [units][pieces + 2]: where the rows of a map end. */
  int32_t* ends;
  /** [kSorted][kNearColumns] */
  T* near;
};

/**
 * Linear layers whose units take the largest of `pieces` maps each, and their derivatives, which go by what was chosen. A weight is
 * [units * pieces, columns]; chosen[row * units + unit] is the unit's map.
 */
template <typename T>
struct Maxouts {
  /** Of one row, for kPanel units: products and bias are [pieces][kPanel]. The first of equals, or what is no number. */
  void (*largest)(const T* products, int64_t pieces, const T* bias, T* to, uint8_t* which);
  /** out[row] = sum over units of gradients[row, unit] * weight[chosen map of the unit]. */
  void (*backwardData)(const T* gradients, const uint8_t* chosen, int64_t units, const T* weight, int64_t pieces, int64_t columns,
                 int64_t rows, T* out);
  /**
   * For `some` units of rows of `units`: weight[unit][map] = sum of gradient * row over the rows that chose the map, and
   * bias[unit][map] = sum of the gradients. At most 255 pieces.
   */
  void (*backwardWeights)(const T* rows, const T* gradients, const uint8_t* chosen, int64_t units, int64_t some, int64_t count,
                int64_t pieces, int64_t columns, const Sorted<T>& sorted, T* weight, T* bias);
};

template <typename T>
struct MatrixKernels {
  /**
   * One matrix product on the calling thread: out[i * outStride + j] (+)= sum over k of left[i * rowStride + k * depthStride]
   * * right[k, j], where the right side is packed in panels: [columns / kPanel][depth][kPanel].
   */
  void (*product)(T* out, int64_t outStride, const T* left, int64_t rowStride, int64_t depthStride, const T* right,
                  int64_t rows, int64_t columns, int64_t depth, bool add);
  /** kPanel rows of `count` numbers, `stride` from each other, as columns: out[k * outStride + i] = from[i * stride + k]. */
  void (*packTurned)(const T* from, int64_t stride, int64_t count, T* out, int64_t outStride);
  /** The same to out[places[k] + i], and back. */
  void (*packPlaced)(const T* from, int64_t stride, int64_t count, T* out, const int64_t* places);
  void (*unpackPlaced)(const T* from, const int64_t* places, int64_t count, T* to, int64_t stride);
  Maxouts<T> maxout;
};

/**
 * Batch normalisation of rows of channels, each followed by a LeakyReLU, which a slope of 1 leaves out. Numbers are T; bfloat16
 * is its bits. All that is known of a channel is an A. Channels must be a multiple of kPanel.
 */
template <typename T, typename A>
struct Norm {
  /** Sums of what rows differ from `shift`, and of its squares. */
  void (*sums)(const T* rows, int64_t count, int64_t channels, const A* shift, A* sum, A* squares);
  /** LeakyReLU of scale * (row - mean) + offset. */
  void (*apply)(const T* rows, int64_t count, int64_t channels, const A* mean, const A* scale, const A* offset, A slope, T* out);
  /** Sums of the gradients of what LeakyReLU gets, and of their products with row - mean. */
  void (*gradientSums)(const T* rows, const T* gradients, int64_t count, int64_t channels, const A* mean, const A* scale,
                       const A* offset, A slope, A* sum, A* products);
  /** scale * gradient of what LeakyReLU gets + slant * (row - mean) + level. */
  void (*gradient)(const T* rows, const T* gradients, int64_t count, int64_t channels, const A* mean, const A* scale,
                   const A* offset, A slope, const A* slant, const A* level, T* out);
};

/** Halving and doubling of the size of images [height, width, channels], a row of small ones at a time. */
template <typename T, typename A>
struct Resampling {
  /** Sums of 2x2 samples of two rows, times a factor. */
  void (*halve)(const T* above, const T* below, int64_t width, int64_t channels, A factor, T* out);
  /** Every sample four times, in two rows, times a factor. */
  void (*twice)(const T* row, int64_t width, int64_t channels, A factor, T* above, T* below);
  /** A row of small ones and its neighbours, or itself where there are none, to two rows interpolated between their samples. */
  void (*interpolate)(const T* const (&rows)[3], int64_t width, int64_t channels, T* above, T* below);
  /** The derivative of it: a row from the gradients of the two rows it lies between, and the two around them. */
  void (*collect)(const T* const (&rows)[4], int64_t width, int64_t channels, T* out);
};

/** What reads and makes images that are stored as T, and computes in A. */
template <typename T, typename A>
struct Pass {
  Norm<T, A> norm;
  Resampling<T, A> resampling;
  /** For kernels of 2x2 and of 3x3 taps. */
  WinogradTransforms<A, T> two, three;
};

/** bfloat16 as float, and float as bfloat16: to the nearest, of two to the even. */
struct Casts {
  void (*widen)(const uint16_t* from, int64_t count, float* to);
  void (*narrow)(const float* from, int64_t count, uint16_t* to);
};

struct ImageKernels {
  Pass<float, float> floats;
  Pass<double, double> doubles;
  Pass<uint16_t, float> halves;
  Casts casts;
};

/** Of this processor; null where there is none for it. */
template <typename T>
const MatrixKernels<T>* matrixKernels();
const ImageKernels* imageKernels();

template <typename T>
const MatrixKernels<T>& avx512();
template <typename T>
const MatrixKernels<T>& avx2();
const ImageKernels& avx512ImageKernels();
const ImageKernels& avx2ImageKernels();

/** Do LibTorch and oneDNN compute in bfloat16 here, summing in float32? Not without AVX-512's instructions. */
bool hasBfloat16();

}  // namespace gantry::kernels
