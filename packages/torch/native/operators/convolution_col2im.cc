// The image gradient of a convolution of few channels, and so the transposed convolution that makes pictures, in float32 whatever
// the numbers are stored as: for some rows of an image's samples at a time one product with all taps' matrices at once, whose rows
// are then added to where the taps fall. oneDNN's kernels for one, three and six channels took 3 to 7 times as long.
#include <algorithm>
#include <vector>

#include "operators/convolution.h"
#include "operators/kernel_dispatch.h"
#include "tasks.h"

namespace gantry {
namespace {

using kernels::kPanel;

/** Channels of what is convolved, from which it is faster. */
constexpr int64_t kMade = 32;
/** Taps from which it is faster in bfloat16. */
constexpr int64_t kTapsOfHalves = 16;
/** Outputs whose products are made at a time, about: what stays in the nearest cache. */
constexpr int64_t kPlaces = 96;

bool applies(const at::Tensor& gradient, const at::Tensor& weight, const Geometry& g) {
  const int64_t taps = g.kernel[0] * g.kernel[1];
  const auto type = gradient.scalar_type();
  const bool fits = type == at::kFloat ? taps > 1 : type == at::kBFloat16 && taps >= kTapsOfHalves;
  return fits && weight.scalar_type() == type && g.inChannels < kPanel && g.outChannels >= kMade && g.batch > 0 &&
         g.outSize(0) * g.outSize(1) > 0 && haveMatrixKernels();
}

/** Images with their channels last, one of which is read as float32. */
class Images {
 public:
  explicit Images(const at::Tensor& images)
      : tensor_(channelsLast(images)), each_(images.numel() / images.size(0)), wide_(images.scalar_type() == at::kFloat) {}

  /** @param buffer for an image that is not float32 as it lies */
  const float* read(int64_t image, std::vector<float>& buffer) const {
    if (wide_) return tensor_.data_ptr<float>() + image * each_;
    buffer.resize(each_);
    kernels::imageKernels()->casts.widen(static_cast<const uint16_t*>(tensor_.data_ptr()) + image * each_, each_, buffer.data());
    return buffer.data();
  }

 private:
  at::Tensor tensor_;
  int64_t each_;
  bool wide_;
};

int64_t columnsOf(const Geometry& g) { return at::divup(g.kernel[0] * g.kernel[1] * g.inChannels, kPanel) * kPanel; }

/** A weight as the right side of a product: [columns / kPanel][made][kPanel], a column for each tap and channel, and zeros. */
std::vector<float> packed(const at::Tensor& weight, const Geometry& g) {
  const int64_t columns = columnsOf(g);
  const at::Tensor source = weight.to(at::kFloat).contiguous();
  const float* const from = source.data_ptr<float>();
  const int64_t taps = g.kernel[0] * g.kernel[1];
  std::vector<float> right(columns * g.outChannels);
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t channel = 0; channel < g.inChannels; ++channel) {
      const int64_t column = tap * g.inChannels + channel;
      for (int64_t made = 0; made < g.outChannels; ++made)
        right[(column / kPanel * g.outChannels + made) * kPanel + column % kPanel] = from[(made * g.inChannels + channel) * taps + tap];
    }
  return right;
}

void add(float* to, const float* from, int64_t count) {
  typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) *reinterpret_cast<Four*>(to + i) += *reinterpret_cast<const Four*>(from + i);
  for (; i < count; ++i) to[i] += from[i];
}

/** Products of rows [first, last) of an image, [places][columns], to where their taps fall; a row of taps lies in a row of samples. */
void scatter(const float* products, int64_t columns, int64_t first, int64_t last, const Geometry& g, float* image) {
  const int64_t row = g.kernel[1] * g.inChannels;
  for (int64_t y = first; y < last; ++y) {
    const auto [firstY, lastY] = g.seen(0, y);
    for (int64_t x = 0; x < g.outSize(1); ++x, products += columns) {
      const auto [firstX, lastX] = g.seen(1, x);
      if (firstX >= lastX) continue;
      const int64_t left = x * g.stride[1] - g.padding[1] + firstX;
      for (int64_t ky = firstY; ky < lastY; ++ky)
        add(image + ((y * g.stride[0] - g.padding[0] + ky) * g.size[1] + left) * g.inChannels,
            products + ky * row + firstX * g.inChannels, (lastX - firstX) * g.inChannels);
    }
  }
}

at::Tensor convolutionBackwardData(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& bias, const Geometry& g) {
  if (!applies(gradient, weight, g)) return {};
  const auto& set = *kernels::matrixKernels<float>();
  const Images from(gradient);
  const at::Tensor image = emptyImages(g.batch, g.inChannels, g.size[0], g.size[1], gradient);
  const Bias<float> offset(bias);
  const int64_t height = g.outSize(0), width = g.outSize(1), rows = std::max<int64_t>(1, kPlaces / width);
  const int64_t numbers = g.size[0] * g.size[1] * g.inChannels, columns = columnsOf(g);
  const std::vector<float> right = packed(weight, g);
  const bool wide = image.scalar_type() == at::kFloat;
  sharePieces(g.batch, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> products(rows * width * columns), given, made(wide ? 0 : numbers);
    for (int64_t i = begin; i < end; ++i) {
      float* const own = wide ? image.data_ptr<float>() + i * numbers : made.data();
      if (offset.data == nullptr) std::fill_n(own, numbers, 0.0f);
      else
        for (int64_t sample = 0; sample < numbers; sample += g.inChannels) std::copy_n(offset.data, g.inChannels, own + sample);
      const float* const left = from.read(i, given);
      for (int64_t y = 0; y < height; y += rows) {
        const int64_t last = std::min(height, y + rows), places = (last - y) * width;
        set.product(products.data(), columns, left + y * width * g.outChannels, g.outChannels, 1, right.data(), places, columns, g.outChannels, false);
        scatter(products.data(), columns, y, last, g, own);
      }
      if (!wide) kernels::imageKernels()->casts.narrow(own, numbers, static_cast<uint16_t*>(image.data_ptr()) + i * numbers);
    }
  });
  return g.channelsLast ? image : image.contiguous();
}

}  // namespace

// For the other two maps oneDNN's kernels are as fast.
const ConvolutionAlgorithm col2im{nullptr, convolutionBackwardData, nullptr};

}  // namespace gantry
