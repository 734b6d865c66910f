// Arithmetic that is compiled once for each instruction set: the products of matrices that taps.cc and winograd.cc are made
// of, and the transforms of winograd.cc.
//
// This header is what the instruction sets' files (kernels_avx2.cc, kernels_avx512.cc) and their callers share; it
// includes nothing but integer types (see kernels_body.h).
#pragma once

#include <stdint.h>

namespace gantry::kernels {

/** Columns of a panel of a product's right side. Channels must be a multiple of it on both sides. */
constexpr int64_t kPanel = 16;
/** Winograd's tiles: kOutputs x kOutputs outputs of a 3x3 kernel take kPlaces products for each pair of channels. */
constexpr int64_t kOutputs = 4;
constexpr int64_t kPlaces = 36;

/** How tiles lie in an image [n, height, width, channels]: tile t along an axis begins at sample t * kOutputs + start. */
struct Tiles {
  int64_t height, width, channels;
  int64_t rows, columns;  // of tiles in an image
  int64_t start;          // along both axes
};

/** Where weight[a][b][y][x] of a 3x3 kernel is: rowStride * a + columnStride * b + 3 y + x, for a weight turned around 8 - (3 y + x). */
struct Filter {
  int64_t rows, columns;  // of the matrix products: channels summed over, channels made
  int64_t rowStride, columnStride;
  bool turned;
};

template <typename T>
struct Set {
  /**
   * One matrix product on the calling thread: out[i * outStride + j] (+)= sum over k of left[i * rowStride + k * depthStride]
   * * right[k, j], where the right side is packed in panels: [columns / kPanel][depth][kPanel].
   */
  void (*product)(T* out, int64_t outStride, const T* left, int64_t rowStride, int64_t depthStride, const T* right,
                  int64_t rows, int64_t columns, int64_t depth, bool add);
  // The transforms of tiles and filters, see winograd.cc. A place of a transformed tile is placeStride from the last.
  /** Tiles [from, to) of an image to B' x B: out[place * placeStride + (tile - first) * channels + channel]. */
  void (*input)(const Tiles&, const T* image, int64_t from, int64_t to, int64_t first, T* out, int64_t placeStride);
  /** Tiles of gradients, transformed for the weights' gradient and packed as the products' right side. */
  void (*gradient)(const Tiles&, const T* image, int64_t from, int64_t to, int64_t first, int64_t tiles, T* out,
                   int64_t placeStride);
  /** Products to outputs; `bias` may be null. */
  void (*output)(const Tiles&, const T* products, int64_t placeStride, int64_t from, int64_t to, int64_t first, const T* bias,
                 T* image);
  /** Rows [from, to) of a filter to G w G', packed as the products' right side. */
  void (*filter)(const Filter&, const T* weight, int64_t from, int64_t to, T* out, int64_t placeStride);
  /** Rows [from, to) of the weights' gradient out of its products [place][rows][columns]. */
  void (*filterGradient)(const Filter&, const T* products, int64_t placeStride, int64_t from, int64_t to, T* weight);
};

/** Of this processor; null where there is none for it. */
template <typename T>
const Set<T>* best();

template <typename T>
const Set<T>& avx512();
template <typename T>
const Set<T>& avx2();

}  // namespace gantry::kernels
