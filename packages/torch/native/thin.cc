// The image gradient of a convolution of few channels, and so the transposed convolution that makes pictures: for each image one
// product of its samples and all taps' matrices at once, whose rows are then added to where the taps fall. oneDNN's kernels for
// one, three and six channels took 3 to 7 times as long.
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "convolution.h"
#include "kernels.h"

namespace gantry {
namespace {

using kernels::kPanel;

/** Channels of what is convolved, from which it is faster. */
constexpr int64_t kMade = 32;

bool applies(const at::Tensor& gradient, const at::Tensor& weight, const Geometry& g) {
  return gradient.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat && g.channels < kPanel &&
         g.made >= kMade && g.kernel[0] * g.kernel[1] > 1 && g.count > 0 && g.outSize(0) * g.outSize(1) > 0 &&
         kernels::best<float>() != nullptr;
}

/** A weight as the right side of a product: [columns / kPanel][made][kPanel], a column for each tap and channel, and zeros. */
std::vector<float> columnsOf(const at::Tensor& weight, const Geometry& g, int64_t columns) {
  const at::Tensor source = weight.contiguous();
  const float* const from = source.data_ptr<float>();
  const int64_t taps = g.kernel[0] * g.kernel[1];
  std::vector<float> packed(columns * g.made);
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t channel = 0; channel < g.channels; ++channel) {
      const int64_t column = tap * g.channels + channel;
      for (int64_t made = 0; made < g.made; ++made)
        packed[(column / kPanel * g.made + made) * kPanel + column % kPanel] = from[(made * g.channels + channel) * taps + tap];
    }
  return packed;
}

void add(float* to, const float* from, int64_t count) {
  typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) *reinterpret_cast<Four*>(to + i) += *reinterpret_cast<const Four*>(from + i);
  for (; i < count; ++i) to[i] += from[i];
}

/** One image's products, [places][columns], to where their taps fall; a row of taps lies in a row of samples. */
void scatter(const float* products, int64_t columns, const Geometry& g, float* image) {
  const int64_t row = g.kernel[1] * g.channels;
  for (int64_t y = 0; y < g.outSize(0); ++y) {
    const auto [firstY, lastY] = g.seen(0, y);
    for (int64_t x = 0; x < g.outSize(1); ++x, products += columns) {
      const auto [firstX, lastX] = g.seen(1, x);
      if (firstX >= lastX) continue;
      const int64_t left = x * g.stride[1] - g.padding[1] + firstX;
      for (int64_t ky = firstY; ky < lastY; ++ky)
        add(image + ((y * g.stride[0] - g.padding[0] + ky) * g.size[1] + left) * g.channels,
            products + ky * row + firstX * g.channels, (lastX - firstX) * g.channels);
    }
  }
}

at::Tensor spread(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(gradient, weight, g)) return {};
  const auto& set = *kernels::best<float>();
  const at::Tensor from = channelsLast(gradient);
  const at::Tensor image = emptyImages(g.count, g.channels, g.size[0], g.size[1], gradient);
  const Bias<float> offset(bias);
  const int64_t places = g.outSize(0) * g.outSize(1), samples = g.size[0] * g.size[1];
  const int64_t columns = (g.kernel[0] * g.kernel[1] * g.channels + kPanel - 1) / kPanel * kPanel;
  const std::vector<float> right = columnsOf(weight, g, columns);
  const float* const given = from.data_ptr<float>();
  float* const to = image.data_ptr<float>();
  at::parallel_for(0, g.count, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> products(places * columns);
    for (int64_t i = begin; i < end; ++i) {
      float* const own = to + i * samples * g.channels;
      if (offset.data == nullptr) std::fill_n(own, samples * g.channels, 0.0f);
      else
        for (int64_t sample = 0; sample < samples; ++sample) std::copy_n(offset.data, g.channels, own + sample * g.channels);
      set.product(products.data(), columns, given + i * places * g.made, g.made, 1, right.data(), places, columns, g.made, false);
      scatter(products.data(), columns, g, own);
    }
  });
  return g.channelsLast ? image : image.contiguous();
}

at::Tensor elsewhere(const at::Tensor&, const at::Tensor&, const at::Tensor&, const Geometry&) { return {}; }
at::Tensor weighElsewhere(const at::Tensor&, const at::Tensor&, const Geometry&) { return {}; }

}  // namespace

const Maps thin{elsewhere, spread, weighElsewhere};

}  // namespace gantry
