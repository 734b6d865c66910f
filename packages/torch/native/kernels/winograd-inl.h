// The transforms of operators/convolution_winograd.cc, for one instruction set: included behind kernels/vector-inl.h,
// whose vectors they are made of and whose rules hold here too.

namespace gantry::kernels {
namespace {

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

  /** `f(Count x Count samples, tile, channel)` for every tile [from, to) and vector of channels. */
  template <int Count, typename F>
  GANTRY_INLINE static void read(const Tiles& tiles, const S* image, int64_t from, int64_t to, const F& f) {
    Samples<const S, Count> samples(tiles, image, from, to);
    Vec<T> values[Count * Count];
    for (int64_t tile = from; tile < to; ++tile) {
      samples.advance(tile);
      for (int64_t channel = 0; channel < tiles.channels; channel += kLanes<T>) {
        samples.template fetch<T>(channel, values);
        samples.template ask<0>(channel);
        f(values, tile, channel);
      }
    }
  }

  static constexpr WinogradTransforms<T, S> steps() { return {R, Places, input, gradient, output, filter, filterGradient}; }

  static void input(const Tiles& tiles, const S* image, int64_t from, int64_t to, int64_t first, T* out, int64_t rowStride,
                    int64_t placeStride) {
    read<Size>(tiles, image, from, to, [&](const Vec<T>* values, int64_t tile, int64_t channel) __attribute__((always_inline)) {
      Vec<T> transformed[Places];
      transform<T, InputMatrix, M, R, Size, Size>(values, transformed);
      put(transformed, out + (tile - first) * rowStride + channel, placeStride);
    });
  }

  static void gradient(const Tiles& tiles, const S* image, int64_t from, int64_t to, int64_t first, int64_t count,
                       T* out, int64_t placeStride) {
    read<M>(tiles, image, from, to, [&](const Vec<T>* values, int64_t tile, int64_t channel) __attribute__((always_inline)) {
      Vec<T> transformed[Places];
      // The gradient is to the weights' gradient what a kernel is to its output: F(R, M).
      transform<T, FilterMatrix, R, M, Size, M>(values, transformed);
      put(transformed, out + channel / kPanel * kPanel * count + (tile - first) * kPanel + channel % kPanel, placeStride);
    });
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

}  // namespace
}  // namespace gantry::kernels
