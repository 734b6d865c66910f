// Matrices turned around, as products need them and back, for one instruction set: included behind kernels/vector-inl.h,
// whose vectors they are made of and whose rules hold here too.

namespace gantry::kernels {
namespace {

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

/**
 * A matrix of rows by columns turned around: *to(column, row) = *from(row, column), of which those of a row lie together in `from`,
 * and those of a column in `to`. `ask(row, column)` comes before each vector that is read.
 */
template <typename T, typename From, typename Ask, typename To>
GANTRY_INLINE void turnAround(int64_t rows, int64_t columns, const From& from, const Ask& ask, const To& to) {
  constexpr int lanes = kLanes<T>;
  const int64_t squareRows = rows - rows % lanes, squareColumns = columns - columns % lanes;
  for (int64_t column = 0; column < squareColumns; column += lanes)
    for (int64_t row = 0; row < squareRows; row += lanes) {
      Vec<T> square[lanes];
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) {
        ask(row + i, column);
        square[i] = load(from(row + i, column));
      }
      turn<T>(square);
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) store(to(column + i, row), square[i]);
    }
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = row < squareRows ? squareColumns : 0; column < columns; ++column) *to(column, row) = *from(row, column);
}

/** A panel's kPanel rows, to place(k) for column k. */
template <typename T, typename Place>
GANTRY_INLINE void pack(const T* from, int64_t stride, int64_t count, T* out, const Place& place) {
  const auto number = [=](int64_t row, int64_t k) __attribute__((always_inline)) { return from + row * stride + k; };
  // The same of the next panel: rows are too many for the processor to see how it goes on. Beyond the end it does nothing.
  const auto ask = [=](int64_t row, int64_t k) __attribute__((always_inline)) { __builtin_prefetch(number(row + kPanel, k)); };
  turnAround<T>(kPanel, count, number, ask, [&](int64_t k, int64_t row) __attribute__((always_inline)) { return out + place(k) + row; });
}

template <typename T>
void packTurned(const T* from, int64_t stride, int64_t count, T* out, int64_t outStride) {
  pack(from, stride, count, out, [=](int64_t k) __attribute__((always_inline)) { return k * outStride; });
}

template <typename T>
void packPlaced(const T* from, int64_t stride, int64_t count, T* out, const int64_t* places) {
  pack(from, stride, count, out, [=](int64_t k) __attribute__((always_inline)) { return places[k]; });
}

template <typename T>
void unpackPlaced(const T* from, const int64_t* places, int64_t count, T* to, int64_t stride) {
  turnAround<T>(
      count, kPanel, [=](int64_t k, int64_t row) __attribute__((always_inline)) { return from + places[k] + row; },
      [](int64_t, int64_t) __attribute__((always_inline)) {},
      [=](int64_t row, int64_t k) __attribute__((always_inline)) { return to + row * stride + k; });
}

}  // namespace
}  // namespace gantry::kernels
