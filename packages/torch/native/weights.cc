// Weights as the right sides of matrix products, and back, by way of a small buffer: what belongs together in a product lies a
// power of two apart in a weight, so that reading it from there would drive out of the cache what is read next.
#include "weights.h"

#include <algorithm>
#include <vector>

#include "kernels.h"
#include "tasks.h"

namespace gantry {
namespace {

using kernels::kPanel;

/** Rows of a weight that are copied together. */
constexpr int64_t kBlock = 8;

}  // namespace

template <typename T>
at::Tensor packWeight(const at::Tensor& weight, bool turned) {
  const at::Tensor source = weight.contiguous();
  const int64_t rowsAt = turned ? 0 : 1, columnsAt = 1 - rowsAt;
  const int64_t rows = source.size(rowsAt), columns = source.size(columnsAt), taps = source.size(2) * source.size(3);
  const int64_t rowStride = source.stride(rowsAt), columnStride = source.stride(columnsAt);
  const at::Tensor packed = at::empty({source.numel()}, source.options());
  const T* const from = source.data_ptr<T>();
  T* const to = packed.data_ptr<T>();
  const int64_t blocks = at::divup(rows, kBlock);
  sharePieces(columns / kPanel * blocks, 8, [&](int64_t begin, int64_t end) {
    std::vector<T> buffer(kBlock * taps * kPanel);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t column = task / blocks * kPanel, first = task % blocks * kBlock, count = std::min(rows - first, kBlock);
      const T* const block = from + first * rowStride + column * columnStride;
      for (int64_t i = 0; i < kPanel; ++i)
        for (int64_t row = 0; row < count; ++row)
          for (int64_t tap = 0; tap < taps; ++tap)
            buffer[(row * taps + tap) * kPanel + i] = block[i * columnStride + row * rowStride + tap];
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t row = 0; row < count; ++row)
          std::copy_n(buffer.data() + (row * taps + tap) * kPanel, kPanel,
                      to + (tap * columns + column) * rows + (first + row) * kPanel);
    }
  });
  return packed;
}

template <typename T>
at::Tensor unpackWeight(const at::Tensor& sums, const Geometry& g) {
  const at::Tensor weight = at::empty({g.made, g.channels, g.kernel[0], g.kernel[1]}, sums.options());
  const int64_t taps = g.kernel[0] * g.kernel[1], blocks = at::divup(g.channels, kBlock);
  const T* const from = sums.data_ptr<T>();
  T* const to = weight.data_ptr<T>();
  sharePieces(g.made / kPanel * blocks, 8, [&](int64_t begin, int64_t end) {
    std::vector<T> buffer(kBlock * taps * kPanel);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t made = task / blocks * kPanel, first = task % blocks * kBlock;
      const int64_t count = std::min(g.channels - first, kBlock);
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t channel = 0; channel < count; ++channel)
          std::copy_n(from + (tap * g.channels + first + channel) * g.made + made, kPanel,
                      buffer.data() + (channel * taps + tap) * kPanel);
      for (int64_t i = 0; i < kPanel; ++i)
        for (int64_t k = 0; k < count * taps; ++k)
          to[((made + i) * g.channels + first) * taps + k] = buffer[k * kPanel + i];
    }
  });
  return weight;
}

template at::Tensor packWeight<float>(const at::Tensor&, bool);
template at::Tensor packWeight<double>(const at::Tensor&, bool);
template at::Tensor unpackWeight<float>(const at::Tensor&, const Geometry&);
template at::Tensor unpackWeight<double>(const at::Tensor&, const Geometry&);

}  // namespace gantry
