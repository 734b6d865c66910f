// gantry::halve and gantry::twice: images at half their size, means of 2x2 samples, and at twice, every sample four times or
// interpolated between four. Sums and repetitions, with one factor for both, are each other's derivatives. LibTorch's operators
// took 3 to 15 times as long as a copy.
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "convolution.h"
#include "passes.h"
#include "repeat.h"
#include "tasks.h"

namespace gantry {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/**
 * To half the size or twice: `work(kernels, first row of the image, to, y, small height, small width, channels, zero)` for each
 * small row y and its pair of large ones.
 */
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
    sharePieces(count * height, 8, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        work(pass.resampling, data + i / height * height * (half ? pair : row), out + i * (half ? row : pair), i % height, height,
             width, channels, number);
    });
  });
  return to;
}

at::Tensor halved(const at::Tensor& images, double factor) {
  return resampled(images, true, [&](const auto& kernels, auto* image, auto* row, int64_t y, int64_t, int64_t width,
                                     int64_t channels, auto zero) {
    const auto* const above = image + y * 4 * width * channels;
    kernels.halve(above, above + 2 * width * channels, width, channels, static_cast<decltype(zero)>(factor), row);
  });
}

at::Tensor doubled(const at::Tensor& images, double factor) {
  return resampled(images, false, [&](const auto& kernels, auto* image, auto* above, int64_t y, int64_t, int64_t width,
                                      int64_t channels, auto zero) {
    kernels.twice(image + y * width * channels, width, channels, static_cast<decltype(zero)>(factor), above,
                  above + 2 * width * channels);
  });
}

at::Tensor interpolated(const at::Tensor& images) {
  return resampled(images, false, [](const auto& kernels, auto* image, auto* above, int64_t y, int64_t height, int64_t width,
                                     int64_t channels, auto) {
    const int64_t row = width * channels;
    kernels.interpolate({image + std::max<int64_t>(y - 1, 0) * row, image + y * row, image + std::min(y + 1, height - 1) * row},
                        width, channels, above, above + 2 * row);
  });
}

at::Tensor collected(const at::Tensor& gradient) {
  return resampled(gradient, true, [](const auto& kernels, auto* image, auto* out, int64_t y, int64_t height, int64_t width,
                                      int64_t channels, auto) {
    const int64_t row = 2 * width * channels, last = 2 * height - 1;
    kernels.collect({image + std::max<int64_t>(2 * y - 1, 0) * row, image + 2 * y * row, image + (2 * y + 1) * row,
                     image + std::min(2 * y + 2, last) * row},
                    width, channels, out);
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

/** Its output can be computed again where its input can: it keeps no input for that alone. */
struct Interpolate : Function<Interpolate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& images) {
    context->saved_data["repeats"] = !keep(context, images).defined();
    return interpolated(images);
  }
  static bool repeats(AutogradContext* context) { return context->saved_data["repeats"].toBool(); }
  static at::Tensor again(AutogradContext* context) { return apply(kept(context, at::Tensor())); }
  static variable_list backward(AutogradContext* context, variable_list gradients);
};
struct Collect : Function<Collect> {
  static at::Tensor forward(AutogradContext*, const at::Tensor& gradient) { return collected(gradient); }
  static variable_list backward(AutogradContext*, variable_list gradients) { return {Interpolate::apply(gradients[0])}; }
};

variable_list Interpolate::backward(AutogradContext*, variable_list gradients) { return {Collect::apply(gradients[0])}; }

const bool kRepeats = Maker::add<Interpolate>();

at::Tensor halve(const at::Tensor& images) {
  TORCH_CHECK(images.dim() == 4, "halve needs N,C,H,W, got ", images.sizes());
  const bool even = images.size(2) % 2 == 0 && images.size(3) % 2 == 0;
  return even && havePass(images) ? Halve::apply(images, 0.25) : at::avg_pool2d(images, {2, 2});
}

at::Tensor twice(const at::Tensor& images, bool bilinear) {
  TORCH_CHECK(images.dim() == 4, "twice needs N,C,H,W, got ", images.sizes());
  if (havePass(images)) return bilinear ? Interpolate::apply(images) : Twice::apply(images, 1.0);
  const std::array<int64_t, 2> size{2 * images.size(2), 2 * images.size(3)};
  return bilinear ? at::upsample_bilinear2d(images, size, false, 2.0, 2.0) : at::upsample_nearest2d(images, size, 2.0, 2.0);
}

}  // namespace
}  // namespace gantry

TORCH_LIBRARY_FRAGMENT(gantry, library) {
  library.def("halve(Tensor images) -> Tensor", gantry::halve);
  library.def("twice(Tensor images, bool bilinear=False) -> Tensor", gantry::twice);
}
