// gantry::halve and gantry::twice: images at half their size, means of 2x2 samples, and at twice, every sample four times. With
// one factor for both, sums and repetitions are each other's derivatives. LibTorch's operators took 3 to 15 times as long as a copy.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "convolution.h"
#include "passes.h"

namespace gantry {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/** To half the size or twice: `work(kernels, from, to, small width, channels, zero)` for each small row and its pair of large ones. */
template <typename F>
at::Tensor resampled(const at::Tensor& images, bool half, const F& work) {
  const at::Tensor from = channelsLast(images);
  const int64_t count = from.size(0), channels = from.size(1);
  const int64_t height = from.size(2) / (half ? 2 : 1), width = from.size(3) / (half ? 2 : 1);
  const at::Tensor to = half ? emptyImages(count, channels, height, width, from)
                             : emptyImages(count, channels, 2 * height, 2 * width, from);
  withPass(from.scalar_type(), [&](const auto& pass, auto stored, auto number) {
    using T = decltype(stored);
    const T* const data = static_cast<const T*>(from.data_ptr());
    T* const out = static_cast<T*>(to.data_ptr());
    const int64_t row = width * channels, pair = 4 * row;
    at::parallel_for(0, count * height, 8, [&](int64_t begin, int64_t end) {
      for (int64_t y = begin; y < end; ++y)
        work(pass.resampling, data + y * (half ? pair : row), out + y * (half ? row : pair), width, channels, number);
    });
  });
  return to;
}

at::Tensor halved(const at::Tensor& images, double factor) {
  return resampled(images, true, [&](const auto& kernels, auto* pair, auto* row, int64_t width, int64_t channels, auto zero) {
    kernels.halve(pair, pair + 2 * width * channels, width, channels, static_cast<decltype(zero)>(factor), row);
  });
}

at::Tensor doubled(const at::Tensor& images, double factor) {
  return resampled(images, false, [&](const auto& kernels, auto* row, auto* pair, int64_t width, int64_t channels, auto zero) {
    kernels.twice(row, width, channels, static_cast<decltype(zero)>(factor), pair, pair + 2 * width * channels);
  });
}

struct Halve : Function<Halve> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& images, double factor) {
    context->saved_data["factor"] = factor;
    return halved(images, factor);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients);
};
struct Twice : Function<Twice> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& images, double factor) {
    context->saved_data["factor"] = factor;
    return doubled(images, factor);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {Halve::apply(gradients[0], context->saved_data["factor"].toDouble()), at::Tensor()};
  }
};

variable_list Halve::backward(AutogradContext* context, variable_list gradients) {
  return {Twice::apply(gradients[0], context->saved_data["factor"].toDouble()), at::Tensor()};
}

at::Tensor halve(const at::Tensor& images) {
  TORCH_CHECK(images.dim() == 4, "halve needs N,C,H,W, got ", images.sizes());
  const bool even = images.size(2) % 2 == 0 && images.size(3) % 2 == 0;
  return even && havePass(images) ? Halve::apply(images, 0.25) : at::avg_pool2d(images, {2, 2});
}

at::Tensor twice(const at::Tensor& images) {
  TORCH_CHECK(images.dim() == 4, "twice needs N,C,H,W, got ", images.sizes());
  if (havePass(images)) return Twice::apply(images, 1.0);
  return at::upsample_nearest2d(images, at::IntArrayRef{2 * images.size(2), 2 * images.size(3)}, 2.0, 2.0);
}

}  // namespace
}  // namespace gantry

TORCH_LIBRARY_FRAGMENT(gantry, library) {
  library.def("halve(Tensor images) -> Tensor", gantry::halve);
  library.def("twice(Tensor images) -> Tensor", gantry::twice);
}
