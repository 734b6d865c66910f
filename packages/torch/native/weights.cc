// Weights as the right sides of matrix products, and back, by way of a small buffer: what belongs together in a product lies a
// power of two apart in a weight, so that reading it from there would drive out of the cache what is read next.
#include "weights.h"

#include <vector>

#include "kernels.h"
#include "tasks.h"

namespace gantry {
namespace {

using kernels::kPanel;
using kernels::kStrip;

/** Numbers of a strip: kStrip rows of a panel, which lie together in everything that is packed. */
constexpr int64_t kNumbers = kStrip * kPanel;

/** Of one row of a panel; not as memcpy, which is a call. */
template <typename T>
void copyLine(const T* from, T* to) {
  typedef T Line __attribute__((vector_size(kPanel * sizeof(T)), aligned(sizeof(T)), may_alias));
  *reinterpret_cast<Line*>(to) = *reinterpret_cast<const Line*>(from);
}

/** A weight [made, channels, height, width] in strips of one tap. */
template <typename T>
struct Strips {
  T* data;
  int64_t rows, columns, taps, rowStride, columnStride;

  Strips(const at::Tensor& weight, bool turned)
      : data(weight.data_ptr<T>()),
        rows(weight.size(turned ? 0 : 1)),
        columns(weight.size(turned ? 1 : 0)),
        taps(weight.size(2) * weight.size(3)),
        rowStride(weight.stride(turned ? 0 : 1)),
        columnStride(weight.stride(turned ? 1 : 0)) {}

  /** `f(first row, first column, its begin)` for what all taps have of a strip, shared among the threads. */
  template <typename F>
  void each(const F& f) const {
    const int64_t strips = rows / kStrip;
    sharePieces(columns / kPanel * strips, 8, [&](int64_t begin, int64_t end) {
      std::vector<T> buffer(kNumbers * taps);
      for (int64_t task = begin; task < end; ++task) {
        const int64_t column = task / strips * kPanel, row = task % strips * kStrip;
        f(row, column, data + row * rowStride + column * columnStride, buffer.data());
      }
    });
  }

  /** Copies every strip to `place(tap, first row, first column)`. */
  template <typename F>
  void pack(const F& place) const {
    const auto& set = *kernels::best<T>();
    each([&](int64_t row, int64_t column, const T* from, T* buffer) {
      // To [row][tap][kPanel]: all of a strip's rows together, where they follow one another.
      const int64_t together = rowStride == taps ? kStrip : 1;
      for (int64_t j = 0; j < kStrip; j += together)
        set.packTurned(from + j * rowStride, columnStride, together * taps, buffer + j * taps * kPanel, kPanel);
      for (int64_t tap = 0; tap < taps; ++tap) {
        T* const to = place(tap, row, column);
        for (int64_t j = 0; j < kStrip; ++j) copyLine(buffer + (j * taps + tap) * kPanel, to + j * kPanel);
      }
    });
  }

  /** Fills the weight with the strips at `place(tap, first row, first column)`, whose rows are `stride` from each other. */
  template <typename F>
  void unpack(int64_t stride, const F& place) const {
    const auto& set = *kernels::best<T>();
    each([&](int64_t row, int64_t column, T* to, T* buffer) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        const T* const from = place(tap, row, column);
        for (int64_t j = 0; j < kStrip; ++j) copyLine(from + j * stride, buffer + (j * taps + tap) * kPanel);
      }
      set.unpackTurned(buffer, kStrip * taps, to, columnStride);
    });
  }

  /** Where a strip lies among what Winograd's transforms read and make. */
  int64_t winograd(const Geometry& g, int64_t tap, int64_t row, int64_t column, bool turned) const {
    const int64_t y = tap / g.kernel[1], x = tap % g.kernel[1], ofPhase = taps / (g.stride[0] * g.stride[1]);
    const int64_t phase = y % g.stride[0] * g.stride[1] + x % g.stride[1];
    const int64_t own = y / g.stride[0] * (g.kernel[1] / g.stride[1]) + x / g.stride[1];
    const int64_t before = turned ? ofPhase - 1 - own : own;
    return ((phase * columns + column) * rows + row * kPanel) * ofPhase + before * kNumbers;
  }
};

at::Tensor emptyWeight(const Geometry& g, const at::Tensor& like) {
  return at::empty({g.made, g.channels, g.kernel[0], g.kernel[1]}, like.options());
}

}  // namespace

template <typename T>
at::Tensor packWeight(const at::Tensor& weight, bool turned) {
  const at::Tensor source = weight.contiguous(), packed = at::empty({source.numel()}, source.options());
  const Strips<T> strips(source, turned);
  T* const to = packed.data_ptr<T>();
  strips.pack([&](int64_t tap, int64_t row, int64_t column) {
    return to + (tap * strips.columns + column) * strips.rows + row * kPanel;
  });
  return packed;
}

template <typename T>
at::Tensor unpackWeight(const at::Tensor& sums, const Geometry& g) {
  const at::Tensor weight = emptyWeight(g, sums);
  const T* const from = sums.data_ptr<T>();
  Strips<T>(weight, false).unpack(g.made, [&](int64_t tap, int64_t row, int64_t column) {
    return from + (tap * g.channels + row) * g.made + column;
  });
  return weight;
}

template <typename T>
at::Tensor packWinograd(const at::Tensor& weight, const Geometry& g, bool turned) {
  const at::Tensor source = weight.contiguous(), packed = at::empty({source.numel()}, source.options());
  const Strips<T> strips(source, turned);
  T* const to = packed.data_ptr<T>();
  strips.pack([&](int64_t tap, int64_t row, int64_t column) { return to + strips.winograd(g, tap, row, column, turned); });
  return packed;
}

template <typename T>
at::Tensor unpackWinograd(const at::Tensor& sums, const Geometry& g) {
  const at::Tensor weight = emptyWeight(g, sums);
  const Strips<T> strips(weight, false);
  const T* const from = sums.data_ptr<T>();
  strips.unpack(kPanel, [&](int64_t tap, int64_t row, int64_t column) { return from + strips.winograd(g, tap, row, column, false); });
  return weight;
}

template at::Tensor packWeight<float>(const at::Tensor&, bool);
template at::Tensor unpackWeight<float>(const at::Tensor&, const Geometry&);
template at::Tensor packWinograd<float>(const at::Tensor&, const Geometry&, bool);
template at::Tensor packWinograd<double>(const at::Tensor&, const Geometry&, bool);
template at::Tensor unpackWinograd<float>(const at::Tensor&, const Geometry&);
template at::Tensor unpackWinograd<double>(const at::Tensor&, const Geometry&);

}  // namespace gantry
