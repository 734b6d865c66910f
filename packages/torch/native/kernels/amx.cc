// The kernels for processors with AMX, see kernels/amx.h.
#include "kernels/amx.h"

#if defined(GANTRY_AMX)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma,amx-tile,amx-bf16"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma,amx-tile,amx-bf16")
#pragma GCC optimize("O3")
// GCC 12 warns of its own intrinsics (its bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace gantry::kernels {
namespace {

#define GANTRY_INLINE inline __attribute__((always_inline))

constexpr int64_t kRowBytes = 64;

/** All eight tiles of 16 rows of 64 bytes. A constant, since compilers do not see that its loading reads more than 8 bytes. */
struct alignas(64) {
  uint8_t palette, start, reserved[14];
  uint16_t rowBytes[16];
  uint8_t rows[16];
} const kConfiguration = {1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

void begin() { _tile_loadconfig(&kConfiguration); }

void end() { _tile_release(); }

/**
 * Tiles 0 to 3 are sums, 4 and 5 of the left side, 6 and 7 of the right. Loads stand between products, which the unit
 * computes meanwhile: with all four of them first, it took up to three times as long.
 */
template <int L, int R>
void multiplyTiles(const TileProduct& p, float* sums) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t i = 0; i < p.count; ++i) {
    const uint16_t *left = p.left[i], *right = p.right[i] + p.rightOffset;
    for (int64_t k = 0; k < p.depth; ++k, left += kTile, right += kTile) {
      _tile_loadd(6, right, kRowBytes);
      if constexpr (R == 2) _tile_loadd(7, right + p.rightStride, kRowBytes);
      _tile_loadd(4, left, kRowBytes);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (R == 2) _tile_dpbf16ps(1, 4, 7);
      if constexpr (L == 2) _tile_loadd(5, left + p.leftStride, kRowBytes);
      if constexpr (L == 2) _tile_dpbf16ps(2, 5, 6);
      if constexpr (L == 2 && R == 2) _tile_dpbf16ps(3, 5, 7);
    }
  }
  constexpr int64_t stride = kSums * sizeof(float);
  _tile_stored(0, sums, stride);
  if constexpr (R == 2) _tile_stored(1, sums + kTileRows, stride);
  if constexpr (L == 2) _tile_stored(2, sums + kTileRows * kSums, stride);
  if constexpr (L == 2 && R == 2) _tile_stored(3, sums + kTileRows * kSums + kTileRows, stride);
}

void multiply(const TileProduct& p, float* sums) {
  if (p.leftTiles == 2) (p.rightTiles == 2 ? multiplyTiles<2, 2> : multiplyTiles<2, 1>)(p, sums);
  else (p.rightTiles == 2 ? multiplyTiles<1, 2> : multiplyTiles<1, 1>)(p, sums);
}

GANTRY_INLINE __m512 load(const float* from) { return _mm512_loadu_ps(from); }
GANTRY_INLINE __m256i load(const uint16_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }

/** 16 rows of 16 pairs of numbers, turned around. */
GANTRY_INLINE void turn(__m512 (&rows)[16]) {
  __m512 other[16];
  for (int i = 0; i < 16; i += 2) {
    other[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    other[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4)
    for (int j = 0; j < 2; ++j) {
      const __m512d a = _mm512_castps_pd(other[i + j]), b = _mm512_castps_pd(other[i + j + 2]);
      rows[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      rows[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  for (int i = 0; i < 16; i += 8)
    for (int j = 0; j < 4; ++j) {
      other[i + j] = _mm512_shuffle_f32x4(rows[i + j], rows[i + j + 4], 0x88);
      other[i + j + 4] = _mm512_shuffle_f32x4(rows[i + j], rows[i + j + 4], 0xdd);
    }
  for (int j = 0; j < 8; ++j) {
    rows[j] = _mm512_shuffle_f32x4(other[j], other[j + 8], 0x88);
    rows[j + 8] = _mm512_shuffle_f32x4(other[j], other[j + 8], 0xdd);
  }
}

constexpr int64_t inTiles(int64_t numbers, int64_t size) { return (numbers + size - 1) / size; }

void rows(const uint16_t* sample, int64_t stride, int64_t images, int64_t channels, uint16_t* to) {
  const int64_t depth = inTiles(channels, kTileDepth), tiles = inTiles(images, kTileRows);
  for (int64_t image = 0; image < tiles * kTileRows; ++image) {
    const uint16_t* const from = sample + image * stride;
    uint16_t* const row = to + image / kTileRows * depth * kTile + image % kTileRows * kTileDepth;
    for (int64_t k = 0; k < depth; ++k) {
      const int64_t left = image < images ? channels - k * kTileDepth : 0;
      const __mmask32 there = left >= kTileDepth ? ~__mmask32{0} : left > 0 ? 0xffff : 0;
      _mm512_storeu_si512(row + k * kTile, _mm512_maskz_loadu_epi16(there, from + k * kTileDepth));
    }
  }
}

/** Two rows of 16 numbers as 16 pairs. */
GANTRY_INLINE __m512i paired(__m256i first, __m256i second) {
  return _mm512_or_si512(_mm512_cvtepu16_epi32(first), _mm512_slli_epi32(_mm512_cvtepu16_epi32(second), 16));
}

/** 16 numbers each of two images beside each other, as pairs; zeros where there is no image. */
GANTRY_INLINE __m512i pairOf(const uint16_t* from, int64_t stride, int64_t image, int64_t images) {
  const __m256i none = _mm256_setzero_si256();
  return paired(image < images ? load(from + image * stride) : none,
                image + 1 < images ? load(from + (image + 1) * stride) : none);
}

void turned(const uint16_t* sample, int64_t stride, int64_t images, int64_t channels, uint16_t* to) {
  // Two tiles at a time, a line of the cache of every image: images lie so that their lines drive out one another.
  for (int64_t channel = 0; channel < channels; channel += 2 * kTileRows, to += 2 * kTile) {
    const bool two = channel + kTileRows < channels;
    __m512 values[2][16];
    for (int64_t pair = 0; pair < 16; ++pair) {
      values[0][pair] = _mm512_castsi512_ps(pairOf(sample + channel, stride, 2 * pair, images));
      if (two) values[1][pair] = _mm512_castsi512_ps(pairOf(sample + channel + kTileRows, stride, 2 * pair, images));
    }
    for (int64_t tile = 0; tile < (two ? 2 : 1); ++tile) {
      turn(values[tile]);
      for (int64_t row = 0; row < kTileRows; ++row) _mm512_storeu_ps(to + tile * kTile + row * kTileDepth, values[tile][row]);
    }
  }
}

void pairs(const uint16_t* sample, int64_t stride, int64_t images, int64_t channels, uint16_t* to) {
  for (int64_t image = 0; image < kTileDepth; image += 2)
    for (int64_t channel = 0; channel < channels; channel += kTileRows)
      _mm512_storeu_si512(to + channel * kTileDepth + image * kTileRows, pairOf(sample + channel, stride, image, images));
}

GANTRY_INLINE __m256i rounded(__m512 values) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values)); }

/** Which of up to 16 numbers from a place on there are. */
GANTRY_INLINE __mmask16 there(int64_t left) { return left >= 16 ? 0xffff : (1u << left) - 1; }

void filter(const uint16_t* weight, int64_t rows, int64_t rowStride, int64_t columnStride, int64_t taps, uint16_t* to,
            int64_t tapNumbers) {
  for (int64_t row = 0; row < inTiles(rows, kTileDepth) * kTileDepth; row += 2)
    for (int64_t tap = 0; tap < taps; tap += 16) {
      // Pairs of a column's rows, tap by tap; turned around, those of a tap, column by column.
      const auto at = [&](int64_t i, int64_t column) {
        return i < rows ? _mm256_maskz_loadu_epi16(there(taps - tap), weight + i * rowStride + column * columnStride + tap)
                        : _mm256_setzero_si256();
      };
      __m512 pairs[16];
      for (int64_t column = 0; column < 16; ++column)
        pairs[column] = _mm512_castsi512_ps(paired(at(row, column), at(row + 1, column)));
      turn(pairs);
      for (int64_t i = 0; i < 16; ++i)
        if (tap + i < taps) _mm512_storeu_ps(to + (tap + i) * tapNumbers + row * kTileRows, pairs[i]);
    }
}

void filterGradient(const float* sums, int64_t channels, int64_t taps, int64_t tapStride, uint16_t* weight) {
  for (int64_t channel = 0; channel < channels; channel += 16)
    for (int64_t tap = 0; tap < taps; tap += 16) {
      __m512 values[16];
      for (int64_t i = 0; i < 16; ++i)
        values[i] = tap + i < taps ? load(sums + (tap + i) * tapStride + channel) : _mm512_setzero_ps();
      turn(values);
      for (int64_t i = 0; i < 16; ++i)
        _mm256_mask_storeu_epi16(weight + (channel + i) * taps + tap, there(taps - tap), rounded(values[i]));
    }
}

void write(const float* sums, const float* bias, int64_t images, int64_t channels, uint16_t* sample, int64_t stride) {
  for (int64_t channel = 0; channel < channels; channel += 16) {
    const __m512 added = bias == nullptr ? _mm512_setzero_ps() : load(bias + channel);
    for (int64_t image = 0; image < images; ++image)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(sample + image * stride + channel),
                          rounded(_mm512_add_ps(load(sums + image * kSums + channel), added)));
  }
}

void add(const float* sums, int64_t rows, int64_t columns, float* to, int64_t stride) {
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; column += 16) {
      float* const place = to + row * stride + column;
      _mm512_storeu_ps(place, _mm512_add_ps(load(place), load(sums + row * kSums + column)));
    }
}

}  // namespace

const AmxKernels& amx() {
  static constexpr AmxKernels set = {begin, end, multiply, rows, turned, pairs, filter, filterGradient, write, add};
  return set;
}

}  // namespace gantry::kernels
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
