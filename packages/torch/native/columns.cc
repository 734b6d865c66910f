// The three maps of a convolution in bfloat16 whose output has few places, as matrix products over columns: a row for every
// place of every output, with all that the kernel sees there.
//
// oneDNN's kernels run along rows of the output. Where these are up to 4 long, as in the deepest layers of small images, its
// gradients gave 20 to 90 GFLOPS and these 130 to 240. Gathering copies each pixel once for every tap that sees it, which
// larger maps do not earn back.
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "convolution.h"

namespace gantry {
namespace {

using T = at::BFloat16;

/** Places of an output up to which the products are faster, and for gradients. */
constexpr int64_t kPlaces = 4;
constexpr int64_t kGradientPlaces = 16;
/** Channels from which they are. */
constexpr int64_t kChannels = 32;

bool applies(const at::Tensor& tensor, const Geometry& g, bool gradient) {
  const int64_t places = g.outSize(0) * g.outSize(1);
  return tensor.scalar_type() == at::kBFloat16 && g.count > 0 && places > 0 &&
         places <= (gradient ? kGradientPlaces : kPlaces) && g.kernel[0] * g.kernel[1] > 1 && g.channels >= kChannels &&
         g.made >= kChannels;
}

/** [count * places, channels * taps], in the order of a weight's elements. */
void gather(const T* image, T* rows, const Geometry& g) {
  const int64_t height = g.outSize(0), width = g.outSize(1), plane = g.size[0] * g.size[1];
  const int64_t taps = g.kernel[0] * g.kernel[1], row = g.channels * taps;
  at::parallel_for(0, g.count * height * width, 1, [&](int64_t begin, int64_t end) {
    for (int64_t place = begin; place < end; ++place) {
      const int64_t y = place / width % height, x = place % width;
      const auto [firstY, lastY] = g.seen(0, y);
      const auto [firstX, lastX] = g.seen(1, x);
      const T* from = image + place / (height * width) * g.channels * plane +
                      (y * g.stride[0] - g.padding[0]) * g.size[1] + x * g.stride[1] - g.padding[1];
      T* to = rows + place * row;
      for (int64_t channel = 0; channel < g.channels; ++channel, from += plane, to += taps) {
        std::fill(to, to + taps, T(0));
        for (int64_t ky = firstY; ky < lastY; ++ky)
          for (int64_t kx = firstX; kx < lastX; ++kx) to[ky * g.kernel[1] + kx] = from[ky * g.size[1] + kx];
      }
    }
  });
}

/** The adjoint of gather: every pixel the sum, in float32, of what the taps that see it hold, and its channel's bias. */
void scatter(const T* rows, const float* bias, T* image, const Geometry& g) {
  const int64_t height = g.outSize(0), width = g.outSize(1), plane = g.size[0] * g.size[1];
  const int64_t taps = g.kernel[0] * g.kernel[1], row = g.channels * taps;
  at::parallel_for(0, g.count * g.channels, 16, [&](int64_t begin, int64_t end) {
    std::vector<float> sums(plane);
    for (int64_t map = begin; map < end; ++map) {
      const int64_t channel = map % g.channels;
      std::fill(sums.begin(), sums.end(), bias == nullptr ? 0.0f : bias[channel]);
      for (int64_t place = 0; place < height * width; ++place) {
        const int64_t y = place / width, x = place % width;
        const auto [firstY, lastY] = g.seen(0, y);
        const auto [firstX, lastX] = g.seen(1, x);
        const T* from = rows + (map / g.channels * height * width + place) * row + channel * taps;
        for (int64_t ky = firstY; ky < lastY; ++ky) {
          const int64_t line = (y * g.stride[0] - g.padding[0] + ky) * g.size[1] + x * g.stride[1] - g.padding[1];
          for (int64_t kx = firstX; kx < lastX; ++kx) sums[line + kx] += static_cast<float>(from[ky * g.kernel[1] + kx]);
        }
      }
      std::copy(sums.begin(), sums.end(), image + map * plane);
    }
  });
}

at::Tensor columnsOf(const at::Tensor& images, const Geometry& g) {
  const at::Tensor image = images.contiguous();
  at::Tensor rows = at::empty({g.count * g.outSize(0) * g.outSize(1), g.channels * g.kernel[0] * g.kernel[1]}, image.options());
  gather(image.data_ptr<T>(), rows.data_ptr<T>(), g);
  return rows;
}

/** [count, made, places] to [count * places, made]. */
at::Tensor placesOf(const at::Tensor& outputs) {
  return outputs.permute({0, 2, 3, 1}).reshape({-1, outputs.size(1)});
}

at::Tensor flat(const at::Tensor& weight) { return weight.contiguous().view({weight.size(0), -1}); }

at::Tensor convolveImages(const at::Tensor& image, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(image, g, false)) return {};
  const at::Tensor rows = columnsOf(image, g), w = flat(weight).t();
  const at::Tensor places = bias.defined() ? at::addmm(bias.to(rows.scalar_type()), rows, w) : at::mm(rows, w);
  return places.view({g.count, g.outSize(0), g.outSize(1), g.made}).permute({0, 3, 1, 2}).contiguous();
}

at::Tensor spreadImages(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(gradient, g, true)) return {};
  const at::Tensor rows = at::mm(placesOf(gradient), flat(weight));
  const at::Tensor added = bias.defined() ? bias.to(at::kFloat).contiguous() : bias;
  at::Tensor image = at::empty({g.count, g.channels, g.size[0], g.size[1]}, rows.options());
  scatter(rows.data_ptr<T>(), added.defined() ? added.data_ptr<float>() : nullptr, image.data_ptr<T>(), g);
  return image;
}

at::Tensor weighImages(const at::Tensor& image, const at::Tensor& gradient, const Geometry& g) {
  if (!applies(image, g, true) || gradient.scalar_type() != image.scalar_type()) return {};
  return at::mm(placesOf(gradient).t(), columnsOf(image, g)).view({g.made, g.channels, g.kernel[0], g.kernel[1]});
}

}  // namespace

const Maps columns{convolveImages, spreadImages, weighImages};

}  // namespace gantry
