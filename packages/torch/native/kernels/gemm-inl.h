// Products of matrices, for one instruction set: included behind kernels/vector-inl.h,
// whose vectors they are made of and whose rules hold here too.

namespace gantry::kernels {
namespace {

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

template <typename T, int Panels>
void allRows(T* out, int64_t outStride, const T* left, int64_t rowStride, int64_t depthStride, const T* right,
             int64_t panelStride, int64_t rows, int64_t depth, bool add) {
  inStrips<kRows>(rows, [&](auto size, int64_t first) __attribute__((always_inline)) {
    block<T, decltype(size)::value, Panels>(out + first * outStride, outStride, left + first * rowStride, rowStride, depthStride, right,
                                            panelStride, depth, add, first == 0);
  });
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

}  // namespace
}  // namespace gantry::kernels
