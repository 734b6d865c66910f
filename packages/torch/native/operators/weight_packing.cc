// Weights as the right sides of matrix products, and back, turned around in registers: what belongs together in a product lies a
// power of two apart in a weight, so that reading it from there would drive out of the cache what is read next.
#include "operators/weight_packing.h"

#include <vector>

#include "kernels/kernels.h"
#include "tasks.h"

namespace gantry {
namespace {

using kernels::kPanel;
using kernels::kStrip;

/** A weight [made, channels, height, width] in strips: what all taps have of kStrip rows of a panel of a product's right side. */
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

  /** Copies a tap's row j of every strip to `to` + place(first row, first column) + ofTap(tap) + j * kPanel. */
  template <typename Place, typename Tap>
  void pack(T* to, const Place& place, const Tap& ofTap) const {
    const auto& set = *kernels::matrixKernels<T>();
    const std::vector<int64_t> places = placesOf(kPanel, ofTap);
    // All of a strip's rows together, where they follow one another.
    const int64_t together = rowStride == taps ? kStrip : 1;
    each([&](int64_t row, int64_t column, const T* from) {
      for (int64_t j = 0; j < kStrip; j += together)
        set.packPlaced(from + j * rowStride, columnStride, together * taps, to + place(row, column), places.data() + j * taps);
    });
  }

  /** Fills the weight, which is not turned, with `from` + place(first row, first column) + ofTap(tap) + j * stride. */
  template <typename Place, typename Tap>
  void unpack(const T* from, int64_t stride, const Place& place, const Tap& ofTap) const {
    const auto& set = *kernels::matrixKernels<T>();
    const std::vector<int64_t> places = placesOf(stride, ofTap);
    each([&](int64_t row, int64_t column, T* to) {
      set.unpackPlaced(from + place(row, column), places.data(), kStrip * taps, to, columnStride);
    });
  }

  /** Where a strip lies among what Winograd's transforms read and make, and a tap in it. */
  auto placeOfWinograd(const Geometry& g) const {
    return [this, ofPhase = tapsOfPhase(g)](int64_t row, int64_t column) { return (column * rows + row * kPanel) * ofPhase; };
  }
  auto tapOfWinograd(const Geometry& g, bool turned) const {
    return [this, &g, turned, ofPhase = tapsOfPhase(g)](int64_t tap) {
      const int64_t y = tap / g.kernel[1], x = tap % g.kernel[1];
      const int64_t phase = y % g.stride[0] * g.stride[1] + x % g.stride[1];
      const int64_t own = y / g.stride[0] * (g.kernel[1] / g.stride[1]) + x / g.stride[1];
      const int64_t before = turned ? ofPhase - 1 - own : own;
      return phase * columns * rows * ofPhase + before * kStrip * kPanel;
    };
  }

 private:
  int64_t tapsOfPhase(const Geometry& g) const { return taps / (g.stride[0] * g.stride[1]); }

  /** Of a strip's numbers as its rows have them, tap by tap. */
  template <typename Tap>
  std::vector<int64_t> placesOf(int64_t stride, const Tap& ofTap) const {
    std::vector<int64_t> places;
    for (int64_t j = 0; j < kStrip; ++j)
      for (int64_t tap = 0; tap < taps; ++tap) places.push_back(ofTap(tap) + j * stride);
    return places;
  }

  /** `f(first row, first column, its begin)` for every strip, shared among the threads. */
  template <typename F>
  void each(const F& f) const {
    const int64_t strips = rows / kStrip;
    sharePieces(columns / kPanel * strips, 8, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t column = task / strips * kPanel, row = task % strips * kStrip;
        f(row, column, data + row * rowStride + column * columnStride);
      }
    });
  }
};

at::Tensor emptyWeight(const Geometry& g, const at::Tensor& like) {
  return at::empty({g.outChannels, g.inChannels, g.kernel[0], g.kernel[1]}, like.options());
}

}  // namespace

template <typename T>
at::Tensor packWeight(const at::Tensor& weight, bool turned) {
  const at::Tensor source = weight.contiguous(), packed = at::empty({source.numel()}, source.options());
  const Strips<T> strips(source, turned);
  strips.pack(packed.data_ptr<T>(), [&](int64_t row, int64_t column) { return column * strips.rows + row * kPanel; },
              [&](int64_t tap) { return tap * strips.columns * strips.rows; });
  return packed;
}

template <typename T>
at::Tensor unpackWeight(const at::Tensor& sums, const Geometry& g) {
  const at::Tensor weight = emptyWeight(g, sums);
  Strips<T>(weight, false).unpack(sums.data_ptr<T>(), g.outChannels, [&](int64_t row, int64_t column) { return row * g.outChannels + column; },
                                  [&](int64_t tap) { return tap * g.inChannels * g.outChannels; });
  return weight;
}

template <typename T>
at::Tensor packWinograd(const at::Tensor& weight, const Geometry& g, bool turned) {
  const at::Tensor source = weight.contiguous(), packed = at::empty({source.numel()}, source.options());
  const Strips<T> strips(source, turned);
  strips.pack(packed.data_ptr<T>(), strips.placeOfWinograd(g), strips.tapOfWinograd(g, turned));
  return packed;
}

template <typename T>
at::Tensor unpackWinograd(const at::Tensor& sums, const Geometry& g) {
  const at::Tensor weight = emptyWeight(g, sums);
  const Strips<T> strips(weight, false);
  strips.unpack(sums.data_ptr<T>(), kPanel, strips.placeOfWinograd(g), strips.tapOfWinograd(g, false));
  return weight;
}

template at::Tensor packWeight<float>(const at::Tensor&, bool);
template at::Tensor unpackWeight<float>(const at::Tensor&, const Geometry&);
template at::Tensor packWinograd<float>(const at::Tensor&, const Geometry&, bool);
template at::Tensor packWinograd<double>(const at::Tensor&, const Geometry&, bool);
template at::Tensor unpackWinograd<float>(const at::Tensor&, const Geometry&);
template at::Tensor unpackWinograd<double>(const at::Tensor&, const Geometry&);

}  // namespace gantry
