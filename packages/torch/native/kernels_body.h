// The arithmetic of kernels.h for one instruction set: included by one file for each, which is compiled with its flags.
// Everything is in an unnamed namespace and nothing of the standard library is used, since a function that the linker
// shares between files could bring instructions to where the processor has none.
#include "kernels.h"

namespace gantry::kernels {
namespace {

#define GANTRY_INLINE inline __attribute__((always_inline))

template <typename T>
struct VectorOf {
  typedef T type __attribute__((vector_size(GANTRY_VECTOR_BYTES)));
  typedef T unaligned __attribute__((vector_size(GANTRY_VECTOR_BYTES), aligned(sizeof(T)), may_alias));
};
template <typename T>
using Vec = typename VectorOf<T>::type;
template <typename T>
constexpr int kLanes = GANTRY_VECTOR_BYTES / sizeof(T);

template <typename T>
GANTRY_INLINE Vec<T> load(const T* from) {
  return *reinterpret_cast<const typename VectorOf<T>::unaligned*>(from);
}
template <typename T>
GANTRY_INLINE void store(T* to, Vec<T> value) {
  *reinterpret_cast<typename VectorOf<T>::unaligned*>(to) = value;
}

/** What bfloat16 is computed in, and everything else is stored in. */
template <typename T>
GANTRY_INLINE Vec<T> widened(const T* from) {
  return load(from);
}
template <typename T>
GANTRY_INLINE void narrowed(T* to, Vec<T> value) {
  store(to, value);
}

typedef uint32_t Bits __attribute__((vector_size(GANTRY_VECTOR_BYTES)));
typedef uint16_t Halves __attribute__((vector_size(GANTRY_VECTOR_BYTES / 2)));
typedef uint16_t UnalignedHalves __attribute__((vector_size(GANTRY_VECTOR_BYTES / 2), aligned(2), may_alias));

GANTRY_INLINE Vec<float> widened(const uint16_t* from) {
  const Halves halves = *reinterpret_cast<const UnalignedHalves*>(from);
  return reinterpret_cast<Vec<float>>(__builtin_convertvector(halves, Bits) << 16);
}
/** To the nearest, of two to the even; what is no number stays none. */
GANTRY_INLINE void narrowed(uint16_t* to, Vec<float> value) {
  const Bits bits = reinterpret_cast<Bits>(value);
  const Bits nearest = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const Bits chosen = value == value ? nearest : Bits{} + 0x7fc0;
  *reinterpret_cast<UnalignedHalves*>(to) = __builtin_convertvector(chosen, Halves);
}

template <int I>
struct Index {
  static constexpr int value = I;
};
/** A loop that is unrolled, with constants for indices. */
template <int From, int To, typename F>
GANTRY_INLINE void unroll(const F& f) {
  if constexpr (From < To) {
    f(Index<From>{});
    unroll<From + 1, To>(f);
  }
}

/**
 * Toom-Cook's matrices for the points 0, 1, -1, 2, -2, as many of them as are needed, and infinity.
 * input: Size x Size (B'); filter: Size x R (G); output: M x Size (A').
 */
template <int M, int R>
struct Toom {
  static constexpr int Size = M + R - 1;
  double input[Size][Size] = {};
  double filter[Size][R] = {};
  double output[M][Size] = {};
  constexpr Toom() {
    constexpr double points[5] = {0, 1, -1, 2, -2};
    for (int i = 0; i < Size; ++i) {
      const bool infinite = i == Size - 1;
      // Row i of B': coefficients of the product of (x - p) over the other finite points.
      double product[Size + 1] = {1};
      double scale = 1;
      int degree = 0;
      for (int j = 0; j < Size - 1; ++j) {
        if (j == i) continue;
        ++degree;
        for (int k = degree; k > 0; --k) product[k] = product[k - 1] - points[j] * product[k];
        product[0] *= -points[j];
        if (!infinite) scale /= points[i] - points[j];
      }
      for (int k = 0; k < Size; ++k) input[i][k] = product[k];
      double power = 1;
      for (int k = 0; k < R; ++k, power *= infinite ? 0 : points[i])
        filter[i][k] = infinite ? (k == R - 1 ? 1 : 0) : scale * power;
      power = 1;
      for (int k = 0; k < M; ++k, power *= infinite ? 0 : points[i])
        output[k][i] = infinite ? (k == M - 1 ? 1 : 0) : power;
    }
  }
};
template <int M, int R>
inline constexpr Toom<M, R> kToom{};

struct InputMatrix {
  template <int M, int R, int I, int K>
  static constexpr double at = kToom<M, R>.input[I][K];
};
struct FilterMatrix {
  template <int M, int R, int I, int K>
  static constexpr double at = kToom<M, R>.filter[I][K];
};
struct OutputMatrix {
  template <int M, int R, int I, int K>
  static constexpr double at = kToom<M, R>.output[I][K];
};

/** Rows x Columns times a vector of vectors; zeros and ones of the matrix cost nothing. */
template <typename T, typename Matrix, int M, int R, int Rows, int Columns>
GANTRY_INLINE void multiply(const Vec<T>* from, int fromStride, Vec<T>* to, int toStride) {
  unroll<0, Rows>([&](auto i) __attribute__((always_inline)) {
    Vec<T> sum{};
    bool begun = false;
    unroll<0, Columns>([&](auto k) __attribute__((always_inline)) {
      constexpr double factor = Matrix::template at<M, R, decltype(i)::value, decltype(k)::value>;
      if constexpr (factor != 0) {
        const Vec<T> value = from[k.value * fromStride];
        if constexpr (factor == 1) {
          sum = begun ? sum + value : value;
        } else if constexpr (factor == -1) {
          sum = begun ? sum - value : -value;
        } else {
          sum = begun ? sum + T(factor) * value : T(factor) * value;
        }
        begun = true;
      }
    });
    to[i.value * toStride] = sum;
  });
}

/** Matrix X Matrix': Columns x Columns to Rows x Rows. */
template <typename T, typename Matrix, int M, int R, int Rows, int Columns>
GANTRY_INLINE void transform(const Vec<T>* from, Vec<T>* to) {
  Vec<T> half[Rows * Columns];
#pragma GCC unroll 6
  for (int column = 0; column < Columns; ++column)
    multiply<T, Matrix, M, R, Rows, Columns>(from + column, Columns, half + column, Columns);
#pragma GCC unroll 6
  for (int row = 0; row < Rows; ++row)
    multiply<T, Matrix, M, R, Rows, Columns>(half + row * Columns, 1, to + row * Rows, 1);
}

struct Place {
  int64_t image, y, x;
  Place(const Tiles& tiles, int64_t tile)
      : image(tile / (tiles.rows * tiles.columns)),
        y(tile / tiles.columns % tiles.rows),
        x(tile % tiles.columns) {}
};

/** Samples of tiles, one after the other. */
template <typename S, int Count>
struct Samples {
  const Tiles& tiles;
  S* const image;
  const int64_t end;
  /** Of a tile, and of the next; null beyond the image's edge, and where there is no next. */
  S* now[Count * Count];
  S* next[Count * Count];

  GANTRY_INLINE Samples(const Tiles& tiles, S* image, int64_t from, int64_t to) : tiles(tiles), image(image), end(to) { locate(from); }

  /** To `tile`, which follows the last. */
  GANTRY_INLINE void advance(int64_t tile) {
    for (int i = 0; i < Count * Count; ++i) now[i] = next[i];
    locate(tile + 1);
  }

  /**
   * Asks for what the next tile has of a channel: tiles lie too far from one another for the processor to see it coming. For writing
   * or for reading.
   */
  template <int Writing>
  GANTRY_INLINE void ask(int64_t channel) const {
#pragma GCC unroll 36
    for (int i = 0; i < Count * Count; ++i)
      if (next[i] != nullptr) __builtin_prefetch(next[i] + channel, Writing);
  }

  template <typename T>
  GANTRY_INLINE void fetch(int64_t channel, Vec<T>* to) const {
#pragma GCC unroll 36
    for (int i = 0; i < Count * Count; ++i) to[i] = now[i] == nullptr ? Vec<T>{} : widened(now[i] + channel);
  }

 private:
  GANTRY_INLINE void locate(int64_t tile) {
    const Place place(tiles, tile);
    for (int i = 0; i < Count; ++i) {
      const int64_t y = (place.y * kOutputs + i) * tiles.step + tiles.top;
      for (int j = 0; j < Count; ++j) {
        const int64_t x = (place.x * kOutputs + j) * tiles.step + tiles.left;
        const bool inside = tile < end && y >= 0 && y < tiles.height && x >= 0 && x < tiles.width;
        next[i * Count + j] =
            inside ? image + ((place.image * tiles.height + y) * tiles.width + x) * tiles.channels : nullptr;
      }
    }
  }
};

/** F(M, R) in T, of images that are stored as S. */
template <typename T, typename S, int M, int R>
struct Winograd {
  static constexpr int Size = M + R - 1;
  static constexpr int Places = Size * Size;

  /** One vector of each place, to memory and from it. */
  GANTRY_INLINE static void put(const Vec<T>* from, T* to, int64_t placeStride) {
#pragma GCC unroll 36
    for (int i = 0; i < Places; ++i) store(to + i * placeStride, from[i]);
  }
  GANTRY_INLINE static void take(const T* from, int64_t placeStride, Vec<T>* to) {
#pragma GCC unroll 36
    for (int i = 0; i < Places; ++i) to[i] = load(from + i * placeStride);
  }

  static constexpr Steps<T, S> steps() { return {R, Places, input, gradient, output, filter, filterGradient}; }

  static void input(const Tiles& tiles, const S* image, int64_t from, int64_t to, int64_t first, T* out, int64_t rowStride,
                    int64_t placeStride) {
    Samples<const S, Size> samples(tiles, image, from, to);
    Vec<T> values[Places], transformed[Places];
    for (int64_t tile = from; tile < to; ++tile) {
      samples.advance(tile);
      for (int64_t channel = 0; channel < tiles.channels; channel += kLanes<T>) {
        samples.template fetch<T>(channel, values);
        samples.template ask<0>(channel);
        transform<T, InputMatrix, M, R, Size, Size>(values, transformed);
        put(transformed, out + (tile - first) * rowStride + channel, placeStride);
      }
    }
  }

  static void gradient(const Tiles& tiles, const S* image, int64_t from, int64_t to, int64_t first, int64_t count,
                       T* out, int64_t placeStride) {
    Samples<const S, M> samples(tiles, image, from, to);
    Vec<T> values[M * M], transformed[Places];
    for (int64_t tile = from; tile < to; ++tile) {
      samples.advance(tile);
      for (int64_t channel = 0; channel < tiles.channels; channel += kLanes<T>) {
        samples.template fetch<T>(channel, values);
        samples.template ask<0>(channel);
        // The gradient is to the weights' gradient what a kernel is to its output: F(R, M).
        transform<T, FilterMatrix, R, M, Size, M>(values, transformed);
        put(transformed, out + channel / kPanel * kPanel * count + (tile - first) * kPanel + channel % kPanel, placeStride);
      }
    }
  }

  static void output(const Tiles& tiles, const T* products, int64_t placeStride, int64_t columns, int64_t from, int64_t to,
                     int64_t first, const T* bias, S* image) {
    Samples<S, M> samples(tiles, image, from, to);
    Vec<T> values[Places], made[M * M];
    for (int64_t tile = from; tile < to; ++tile) {
      samples.advance(tile);
      for (int64_t channel = 0; channel < columns; channel += kLanes<T>) {
        take(products + (tile - first) * columns + channel, placeStride, values);
        transform<T, OutputMatrix, M, R, M, Size>(values, made);
        const Vec<T> added = bias == nullptr ? Vec<T>{} : load(bias + channel);
#pragma GCC unroll 16
        for (int i = 0; i < M * M; ++i)
          if (samples.now[i] != nullptr) narrowed(samples.now[i] + channel, made[i] + added);
        samples.template ask<1>(channel);
      }
    }
  }

  static void filter(const Filter<T>& filter, int64_t from, int64_t to, T* out, int64_t placeStride) {
    Vec<T> values[R * R], transformed[Places];
    for (int64_t panel = 0; panel < filter.columns; panel += kPanel)
      for (int64_t row = from; row < to; row += kStrip) {
        const T* const taps = filter.packed + (panel * filter.rows + row * kPanel) * R * R;
        T* const strip = out + panel * filter.depth + (filter.first + row) * kPanel;
        for (int64_t lane = 0; lane < kStrip * kPanel; lane += kLanes<T>) {
          for (int i = 0; i < R * R; ++i) values[i] = load(taps + i * kStrip * kPanel + lane);
          transform<T, FilterMatrix, M, R, Size, R>(values, transformed);
          put(transformed, strip + lane, placeStride);
        }
      }
  }

  static void filterGradient(const T* products, int64_t placeStride, int64_t rowStride, int64_t rows, int64_t columns, T* out,
                             int64_t panelStride) {
    Vec<T> values[Places], made[R * R];
    for (int64_t panel = 0; panel < columns; panel += kPanel, out += panelStride)
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t lane = 0; lane < kPanel; lane += kLanes<T>) {
          take(products + row * rowStride + panel + lane, placeStride, values);
          transform<T, OutputMatrix, R, M, R, Size>(values, made);
          T* const taps = out + (row / kStrip * R * R * kStrip + row % kStrip) * kPanel + lane;
          for (int i = 0; i < R * R; ++i) store(taps + i * kStrip * kPanel, made[i]);
        }
  }
};

/** Rows of a left side whose next lies in other pages, which the processor does not see coming: how far ahead they are asked for. */
constexpr int64_t kAhead = 8;

/**
 * A block of Rows x Panels * kPanel of a product, its sums in registers. `ask`: for the panels that are next, too, to the second of
 * the processor's caches; beyond the end it does nothing.
 */
template <typename T, int Rows, int Panels>
GANTRY_INLINE void block(T* out, int64_t outStride, const T* left, int64_t rowStride, int64_t depthStride,
                         const T* right, int64_t panelStride, int64_t depth, bool add, bool ask) {
  constexpr int vectors = kPanel / kLanes<T>;
  Vec<T> sums[Rows][Panels * vectors] = {};
  for (int64_t k = 0; k < depth; ++k) {
    Vec<T> values[Panels * vectors];
#pragma GCC unroll 8
    for (int p = 0; p < Panels; ++p)
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v)
        values[p * vectors + v] = load(right + p * panelStride + k * kPanel + v * kLanes<T>);
    if (ask) {
#pragma GCC unroll 8
      for (int p = 0; p < Panels; ++p) __builtin_prefetch(right + (Panels + p) * panelStride + k * kPanel, 0, 2);
    }
    if (depthStride != 1) {
      __builtin_prefetch(left + (k + kAhead) * depthStride);
      __builtin_prefetch(left + (k + kAhead) * depthStride + (Rows - 1) * rowStride);
    }
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const T factor = left[i * rowStride + k * depthStride];
#pragma GCC unroll 8
      for (int v = 0; v < Panels * vectors; ++v) sums[i][v] += factor * values[v];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < Panels * vectors; ++v) {
      T* to = out + i * outStride + v * kLanes<T>;
      store(to, add ? load<T>(to) + sums[i][v] : sums[i][v]);
    }
}

constexpr int kRows = GANTRY_BLOCK_ROWS;
constexpr int kBlockPanels = GANTRY_BLOCK_PANELS;
/** Depth of a pass: what a pass reads of the right side stays in the nearest cache. */
constexpr int64_t kDepth = 256;

/** Rows in blocks as equal as can be: a block of few rows does not keep the processor busy. */
template <typename T, int Panels, int Rows = kRows>
GANTRY_INLINE void rowsOf(int64_t size, T* out, int64_t outStride, const T* left, int64_t rowStride, int64_t depthStride,
                          const T* right, int64_t panelStride, int64_t depth, bool add, bool ask) {
  if constexpr (Rows > 0) {
    if (size == Rows)
      block<T, Rows, Panels>(out, outStride, left, rowStride, depthStride, right, panelStride, depth, add, ask);
    else
      rowsOf<T, Panels, Rows - 1>(size, out, outStride, left, rowStride, depthStride, right, panelStride, depth, add, ask);
  }
}

template <typename T, int Panels>
void allRows(T* out, int64_t outStride, const T* left, int64_t rowStride, int64_t depthStride, const T* right,
             int64_t panelStride, int64_t rows, int64_t depth, bool add) {
  const int64_t blocks = (rows + kRows - 1) / kRows;
  for (int64_t done = 0, b = blocks; b > 0; --b) {
    const int64_t size = (rows - done + b - 1) / b;
    rowsOf<T, Panels>(size, out + done * outStride, outStride, left + done * rowStride, rowStride, depthStride, right,
                      panelStride, depth, add, b == blocks);
    done += size;
  }
}

template <typename T>
void product(T* out, int64_t outStride, const T* left, int64_t rowStride, int64_t depthStride, const T* right,
             int64_t rows, int64_t columns, int64_t depth, bool add) {
  const int64_t panelStride = depth * kPanel;
  for (int64_t begin = 0; begin < depth; begin += kDepth) {
    const int64_t part = depth - begin < kDepth ? depth - begin : kDepth;
    const T* l = left + begin * depthStride;
    int64_t column = 0;
    for (; column + kBlockPanels * kPanel <= columns; column += kBlockPanels * kPanel)
      allRows<T, kBlockPanels>(out + column, outStride, l, rowStride, depthStride,
                         right + column / kPanel * panelStride + begin * kPanel, panelStride, rows, part,
                         add || begin > 0);
    for (; column < columns; column += kPanel)
      allRows<T, 1>(out + column, outStride, l, rowStride, depthStride,
                   right + column / kPanel * panelStride + begin * kPanel, panelStride, rows, part, add || begin > 0);
  }
}

/** Lanes of one half of two vectors, in turn; `From` is the half's first lane. */
template <typename T, int From, int... I>
GANTRY_INLINE Vec<T> interleaved(Vec<T> a, Vec<T> b) {
  constexpr int lanes = kLanes<T>;
  if constexpr (sizeof...(I) < lanes) {
    return interleaved<T, From, I..., int(sizeof...(I))>(a, b);
  } else {
#if defined(__clang__)
    return __builtin_shufflevector(a, b, ((I & 1) * lanes + From + I / 2)...);
#else
    typedef decltype(a < b) Lanes;
    return __builtin_shuffle(a, b, Lanes{((I & 1) * lanes + From + I / 2)...});
#endif
  }
}

/** A square of vectors, turned around: each step moves one bit of an element's row to its column, and one back. */
template <typename T>
GANTRY_INLINE void turn(Vec<T>* square) {
  constexpr int lanes = kLanes<T>;
  Vec<T> next[lanes];
#pragma GCC unroll 4
  for (int step = 1; step < lanes; step *= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < lanes / 2; ++i) {
      next[2 * i] = interleaved<T, 0>(square[i], square[i + lanes / 2]);
      next[2 * i + 1] = interleaved<T, lanes / 2>(square[i], square[i + lanes / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) square[i] = next[i];
  }
}

/** kPanel rows of `count` numbers, `stride` from each other, as columns: column k to out + place(k). */
template <typename T, typename Place>
GANTRY_INLINE void turnTo(const T* from, int64_t stride, int64_t count, T* out, const Place& place) {
  constexpr int lanes = kLanes<T>;
  int64_t k = 0;
  for (; k + lanes <= count; k += lanes)
    for (int64_t first = 0; first < kPanel; first += lanes) {
      Vec<T> square[lanes];
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) {
        const T* const row = from + (first + i) * stride + k;
        square[i] = load(row);
        // The same of the next panel: rows are too many for the processor to see how it goes on. Beyond the end it does nothing.
        __builtin_prefetch(row + kPanel * stride);
      }
      turn<T>(square);
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) store(out + place(k + i) + first, square[i]);
    }
  for (; k < count; ++k)
    for (int64_t i = 0; i < kPanel; ++i) out[place(k) + i] = from[i * stride + k];
}

template <typename T>
void packTurned(const T* from, int64_t stride, int64_t count, T* out, int64_t outStride) {
  turnTo(from, stride, count, out, [outStride](int64_t k) __attribute__((always_inline)) { return k * outStride; });
}

template <typename T>
void packPlaced(const T* from, int64_t stride, int64_t count, T* out, const int64_t* places) {
  turnTo(from, stride, count, out, [places](int64_t k) __attribute__((always_inline)) { return places[k]; });
}

template <typename T>
void unpackPlaced(const T* from, const int64_t* places, int64_t count, T* to, int64_t stride) {
  constexpr int lanes = kLanes<T>;
  int64_t k = 0;
  for (; k + lanes <= count; k += lanes)
    for (int64_t first = 0; first < kPanel; first += lanes) {
      Vec<T> square[lanes];
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) square[i] = load(from + places[k + i] + first);
      turn<T>(square);
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) store(to + (first + i) * stride + k, square[i]);
    }
  for (; k < count; ++k)
    for (int64_t i = 0; i < kPanel; ++i) to[i * stride + k] = from[places[k] + i];
}

}  // namespace
}  // namespace gantry::kernels
