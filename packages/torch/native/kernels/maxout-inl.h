// Linear layers whose units take the largest of several maps (operators/maxout.cc), for one instruction set: included behind kernels/vector-inl.h,
// whose vectors they are made of and whose rules hold here too.

namespace gantry::kernels {
namespace {

/** Vectors of sums that registers hold, for one row and for those of several that are added in the end. */
constexpr int kSums = GANTRY_VECTOR_BYTES == 64 ? 16 : 12, kSumsOfMany = 3, kMany = 4;
/** Bytes of weights that stay in the nearest cache while all rows go by. */
constexpr int64_t kNear = 32 << 10;

/** See kernels/kernels.h. */
template <typename T>
struct Chosen {
  static constexpr int Lanes = kLanes<T>;
  typedef decltype(Vec<T>{} < Vec<T>{}) Places;
  typedef uint8_t Bytes __attribute__((vector_size(Lanes)));
  typedef uint8_t UnalignedBytes __attribute__((vector_size(Lanes), aligned(1), may_alias));

  static void largest(const T* products, int64_t pieces, const T* bias, T* to, uint8_t* which) {
    for (int64_t lane = 0; lane < kPanel; lane += Lanes) {
      Vec<T> matrixKernels = load(products + lane) + load(bias + lane);
      Places at{};
      for (int64_t i = 1; i < pieces; ++i) {
        const Vec<T> value = load(products + i * kPanel + lane) + load(bias + i * kPanel + lane);
        // Also what is no number; and from such a one there is no way back.
        const Places better = (value > matrixKernels) | ((value != value) & (matrixKernels == matrixKernels));
        matrixKernels = better ? value : matrixKernels;
        at = better ? Places{} + static_cast<int>(i) : at;
      }
      store(to + lane, matrixKernels);
      *reinterpret_cast<UnalignedBytes*>(which + lane) = __builtin_convertvector(at, Bytes);
    }
  }

  /** Columns [begin, begin + Vectors * Lanes) of some units, but for the last vector, which lies at `last` and may overlap another. */
  template <int Vectors>
  static GANTRY_INLINE void backwardDataStrip(const T* gradients, const uint8_t* chosen, int64_t units, int64_t some, const T* maps,
                                        int64_t pieces, int64_t columns, int64_t rows, bool add, int64_t begin, int64_t last, T* out) {
    const auto place = [&](int v) __attribute__((always_inline)) { return v == Vectors - 1 ? last : begin + v * Lanes; };
    for (int64_t row = 0; row < rows; ++row, gradients += units, chosen += units, out += columns) {
      Vec<T> sums[Vectors] = {};
      if (add)
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) sums[v] = load(out + place(v));
      for (int64_t i = 0; i < some; ++i) {
        const T* const map = maps + (i * pieces + chosen[i]) * columns;
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) sums[v] += gradients[i] * load(map + place(v));
      }
#pragma GCC unroll 16
      for (int v = 0; v < Vectors; ++v) store(out + place(v), sums[v]);
    }
  }

  static void backwardData(const T* gradients, const uint8_t* chosen, int64_t units, const T* weight, int64_t pieces, int64_t columns,
                     int64_t rows, T* out) {
    if (columns < Lanes) {
      for (int64_t row = 0; row < rows; ++row, gradients += units, chosen += units, out += columns) {
        for (int64_t c = 0; c < columns; ++c) out[c] = 0;
        for (int64_t i = 0; i < units; ++i)
          for (int64_t c = 0; c < columns; ++c) out[c] += gradients[i] * weight[(i * pieces + chosen[i]) * columns + c];
      }
      return;
    }
    const int64_t fitting = kNear / (pieces * columns * int64_t(sizeof(T))), near = fitting > 1 ? fitting : 1;
    for (int64_t first = 0; first < units; first += near) {
      const int64_t some = units - first < near ? units - first : near, vectors = (columns + Lanes - 1) / Lanes;
      // None but an only strip has a single vector, which could overlap what another strip has summed up.
      inStrips<kSums>(vectors, [&](auto size, int64_t done) __attribute__((always_inline)) {
        constexpr int count = decltype(size)::value;
        const int64_t last = done + count == vectors ? columns - Lanes : (done + count - 1) * Lanes;
        backwardDataStrip<count>(gradients + first, chosen + first, units, some, weight + first * pieces * columns, pieces, columns, rows,
                           first > 0, done * Lanes, last, out);
      });
    }
  }

  /** Rows of up to kSumsOfMany vectors next to each other: what lies beyond their end is zero. */
  static constexpr int64_t Stride = kSumsOfMany * Lanes;
  static_assert(Stride <= kNearColumns);

  /** By map, the rows of each unit that chose it, and the sums of their gradients. Unit by unit, each count would wait for the last. */
  static void sort(const T* gradients, const uint8_t* chosen, int64_t units, int64_t some, int64_t rows, int64_t pieces, bool add,
                   const Sorted<T>& sorted, T* bias) {
    // ends[p + 1]: where those of map p begin, and when they are sorted, where they end.
    const int64_t stride = pieces + 2;
    for (int64_t i = 0; i < some * stride; ++i) sorted.ends[i] = 0;
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t unit = 0; unit < some; ++unit) ++sorted.ends[unit * stride + chosen[i * units + unit] + 2];
    for (int64_t unit = 0; unit < some; ++unit)
      for (int64_t p = 2; p <= pieces; ++p) sorted.ends[unit * stride + p] += sorted.ends[unit * stride + p - 1];
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t unit = 0; unit < some; ++unit) {
        const int64_t place = unit * kSortedStride + sorted.ends[unit * stride + chosen[i * units + unit] + 1]++;
        sorted.order[place] = static_cast<int32_t>(i * Stride);
        sorted.factors[place] = gradients[i * units + unit];
      }
    for (int64_t unit = 0; unit < some; ++unit)
      for (int64_t p = 0; p < pieces; ++p) {
        const int32_t* const ends = sorted.ends + unit * stride + p;
        const T* const factors = sorted.factors + unit * kSortedStride;
        T sums[kMany] = {add ? bias[unit * pieces + p] : T(0)};
        int64_t i = ends[0];
        for (; i + kMany <= ends[1]; i += kMany)
          for (int q = 0; q < kMany; ++q) sums[q] += factors[i + q];
        for (; i < ends[1]; ++i) sums[0] += factors[i];
        bias[unit * pieces + p] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
      }
  }

  /** The sum of those rows that chose a map. */
  template <int Vectors>
  static GANTRY_INLINE void sumOf(const T* near, const int32_t* order, const T* factors, int64_t count, Vec<T>* out) {
    Vec<T> sums[kMany][Vectors] = {};
    int64_t i = 0;
    for (; i + kMany <= count; i += kMany)
#pragma GCC unroll 4
      for (int q = 0; q < kMany; ++q)
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) sums[q][v] += factors[i + q] * load(near + order[i + q] + v * Lanes);
    for (; i < count; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sums[0][v] += factors[i] * load(near + order[i] + v * Lanes);
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) out[v] = (sums[0][v] + sums[1][v]) + (sums[2][v] + sums[3][v]);
  }

  static void backwardWeights(const T* rows, const T* gradients, const uint8_t* chosen, int64_t units, int64_t some, int64_t count,
                    int64_t pieces, int64_t columns, const Sorted<T>& sorted, T* weight, T* bias) {
    for (int64_t first = 0; first < count; first += kSorted) {
      const int64_t size = count - first < kSorted ? count - first : kSorted;
      const bool add = first > 0;
      sort(gradients + first * units, chosen + first * units, units, some, size, pieces, add, sorted, bias);
      inStrips<kSumsOfMany>((columns + Lanes - 1) / Lanes, [&](auto vectors, int64_t done) __attribute__((always_inline)) {
        constexpr int strip = decltype(vectors)::value;
        const int64_t begin = done * Lanes, left = columns - begin, width = left < strip * Lanes ? left : strip * Lanes;
        for (int64_t i = 0; i < size; ++i)
          for (int64_t c = 0; c < strip * Lanes; ++c)
            sorted.near[i * Stride + c] = c < width ? rows[(first + i) * columns + begin + c] : T(0);
        for (int64_t unit = 0; unit < some; ++unit)
          for (int64_t p = 0; p < pieces; ++p) {
            const int32_t* const ends = sorted.ends + unit * (pieces + 2) + p;
            const int64_t from = unit * kSortedStride + ends[0];
            Vec<T> sums[strip];
            sumOf<strip>(sorted.near, sorted.order + from, sorted.factors + from, ends[1] - ends[0], sums);
            T* const to = weight + (unit * pieces + p) * columns + begin;
#pragma GCC unroll 4
            for (int v = 0; v < strip; ++v) {
              const int64_t lanes = width - v * Lanes;
              if (lanes >= Lanes) store(to + v * Lanes, add ? load(to + v * Lanes) + sums[v] : sums[v]);
              else
                for (int64_t lane = 0; lane < lanes; ++lane) to[v * Lanes + lane] = (add ? to[v * Lanes + lane] : T(0)) + sums[v][lane];
            }
          }
      });
    }
  }
};

}  // namespace
}  // namespace gantry::kernels
