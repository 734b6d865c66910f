// gantry::halve and gantry::twice: images at half their size, means of 2x2 samples, and at twice, every sample four times or
// interpolated between four. Sums and repetitions, with one factor for both, are each other's derivatives. LibTorch's operators
// took 3 to 15 times as long as a copy. And gantry::widen, which does so to a kernel instead of the images.
#include <ATen/Dispatch.h>
#include <torch/library.h>

#include <algorithm>

#include "operators/convolution.h"
#include "operators/image_dispatch.h"
#include "plain.h"
#include "operators/recompute.h"
#include "tasks.h"

namespace gantry {
namespace {

using torch::autograd::AutogradContext;
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
  withImageKernels(from.scalar_type(), [&](const auto& pass, auto stored, auto number) {
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

/** A linear map with a parameter, of which `adjoint` is the derivative, and the other way round. */
template <typename P, at::Tensor (*map)(const at::Tensor&, P), at::Tensor (*adjoint)(const at::Tensor&, P)>
struct Linear : Function<Linear<P, map, adjoint>> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, P parameter) {
    context->saved_data["parameter"] = parameter;
    return map(given, parameter);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const P parameter = context->saved_data["parameter"].to<P>();
    return {Linear<P, adjoint, map>::apply(gradients[0], parameter), at::Tensor()};
  }
};
using Halve = Linear<double, halved, doubled>;
using Twice = Linear<double, doubled, halved>;

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

const bool kRepeats = Recomputable::add<Interpolate>();

/** `f(first number of a small kernel, of its wide one)` for each pair of channels; turned around, the wide ones' lie [channels, made]. */
template <typename F>
void eachKernel(const at::Tensor& small, const at::Tensor& wide, bool turned, const F& f) {
  const int64_t made = small.size(0), channels = small.size(1);
  sharePieces(made * channels, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i * 9, (turned ? i % channels * made + i / channels : i) * 16);
  });
}

/** The mean of a small kernel's taps that meet in a tap of the wide one, and in a transposed convolution their sum. */
double factorOf(bool turned) { return turned ? 1 : 0.25; }

at::Tensor widened(const at::Tensor& kernel, bool turned) {
  const at::Tensor from = kernel.contiguous();
  const int64_t made = kernel.size(0), channels = kernel.size(1);
  const at::Tensor to = at::empty({turned ? channels : made, turned ? made : channels, 4, 4}, from.options());
  AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "widen", [&] {
    const scalar_t* const small = from.data_ptr<scalar_t>();
    scalar_t* const wide = to.data_ptr<scalar_t>();
    const scalar_t factor = factorOf(turned);
    eachKernel(from, to, turned, [&](int64_t in, int64_t out) {
      scalar_t sums[16];
      const scalar_t* const w = small + in;
      for (int i = 0; i < 4; ++i) {
        scalar_t row[3];
        for (int j = 0; j < 3; ++j) row[j] = factor * (i == 0 ? w[j] : i == 3 ? w[6 + j] : w[3 * i - 3 + j] + w[3 * i + j]);
        sums[4 * i] = row[0];
        sums[4 * i + 1] = row[0] + row[1];
        sums[4 * i + 2] = row[1] + row[2];
        sums[4 * i + 3] = row[2];
      }
      if (turned) std::reverse_copy(sums, sums + 16, wide + out);
      else std::copy_n(sums, 16, wide + out);
    });
  });
  return to;
}

at::Tensor narrowed(const at::Tensor& gradient, bool turned) {
  const at::Tensor from = gradient.contiguous();
  const int64_t made = gradient.size(turned ? 1 : 0), channels = gradient.size(turned ? 0 : 1);
  const at::Tensor to = at::empty({made, channels, 3, 3}, from.options());
  AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "widen", [&] {
    const scalar_t* const wide = from.data_ptr<scalar_t>();
    scalar_t* const small = to.data_ptr<scalar_t>();
    const scalar_t factor = factorOf(turned);
    eachKernel(to, from, turned, [&](int64_t out, int64_t in) {
      scalar_t sums[16];
      if (turned) std::reverse_copy(wide + in, wide + in + 16, sums);
      else std::copy_n(wide + in, 16, sums);
      for (int i = 0; i < 12; ++i) sums[i] += sums[i + 4];
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) small[out + 3 * i + j] = factor * (sums[4 * i + j] + sums[4 * i + j + 1]);
    });
  });
  return to;
}

using Widen = Linear<bool, widened, narrowed>;

at::Tensor widen(const at::Tensor& kernel, bool turned) {
  TORCH_CHECK(kernel.dim() == 4 && kernel.size(2) == 3 && kernel.size(3) == 3, "widen needs a kernel [made, channels, 3, 3], got ",
              kernel.sizes());
  const auto type = kernel.scalar_type();
  if (kernel.device().is_cpu() && (type == at::kFloat || type == at::kDouble)) return Widen::apply(kernel, turned);
  const at::Tensor wide = at::avg_pool2d(kernel, {2, 2}, {1, 1}, {1, 1});
  return turned ? wide.mul(4).flip({2, 3}).transpose(0, 1).contiguous() : wide;
}

at::Tensor halve(const at::Tensor& images) {
  TORCH_CHECK(images.dim() == 4, "halve needs N,C,H,W, got ", images.sizes());
  const bool even = images.size(2) % 2 == 0 && images.size(3) % 2 == 0;
  return even && haveImageKernels(images) ? Halve::apply(images, 0.25) : at::avg_pool2d(images, {2, 2});
}

at::Tensor twice(const at::Tensor& images, bool bilinear) {
  TORCH_CHECK(images.dim() == 4, "twice needs N,C,H,W, got ", images.sizes());
  if (haveImageKernels(images)) return bilinear ? Interpolate::apply(images) : Twice::apply(images, 1.0);
  const std::array<int64_t, 2> size{2 * images.size(2), 2 * images.size(3)};
  return bilinear ? at::upsample_bilinear2d(images, size, false, 2.0, 2.0) : at::upsample_nearest2d(images, size, 2.0, 2.0);
}

}  // namespace
}  // namespace gantry

TORCH_LIBRARY_FRAGMENT(gantry, library) {
  library.def("halve(Tensor images) -> Tensor", gantry::halve);
  library.def("widen(Tensor kernel, bool turned=False) -> Tensor", gantry::widen);
  library.def("twice(Tensor images, bool bilinear=False) -> Tensor", gantry::twice);
}
