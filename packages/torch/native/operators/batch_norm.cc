// gantry::batch_norm: batch normalisation in training and the (Leaky)ReLU behind it, in as few passes over memory as there can
// be: two forward, of which one writes, and two backward. LibTorch's operators take three and six, and are slower in each.
//
// Over rows of channels, as images have them with their channels last:
//   y = w (x - mean) / deviation + b,  z = y > 0 ? y : slope y
// Backward, y's sign is computed again from x; then, with d for the gradient of y and means over all rows,
//   dx = w / deviation (d - mean(d) - (x - mean) mean(d (x - mean)) / variance)
// Samples in groups are normalised group by group, as if each were a batch: the same in one call as in one for each.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/library.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "operators/image_dispatch.h"
#include "plain.h"
#include "operators/recompute.h"
#include "tasks.h"
#include "torch_compat.h"

namespace gantry {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/** Rows that are summed by themselves; sums of sums are in double. The same for any number of threads, and so the bits. */
constexpr int64_t kRows = 256;

struct Options {
  double eps, slope;
  int64_t groups;
};

/** Channels last, or a matrix. */
at::MemoryFormat format(const at::Tensor& input) {
  return input.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}
at::Tensor rowsOf(const at::Tensor& input) { return input.contiguous(format(input)); }
at::Tensor empty(const at::Tensor& rows) { return at::empty(rows.sizes(), rows.options().memory_format(format(rows))); }

/** A group's samples, or what is saved of a group. */
at::Tensor part(const at::Tensor& samples, int64_t group, int64_t groups) {
  const int64_t count = samples.size(0) / groups;
  return groups == 1 ? samples : samples.narrow(0, group * count, count);
}

/** Two sums over all rows for each channel: `sum(first row, rows, to, to)` for some of them, in parallel. */
template <typename A, typename F>
std::vector<double> sumsOf(int64_t rows, int64_t channels, const F& sum) {
  const int64_t blocks = at::divup(rows, kRows);
  const at::Tensor parts = at::empty({blocks, 2 * channels}, c10::CppTypeToScalarType<A>::value);
  A* const part = parts.template data_ptr<A>();
  sharePieces(blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      A* const to = part + block * 2 * channels;
      sum(block * kRows, std::min(kRows, rows - block * kRows), to, to + channels);
    }
  });
  std::vector<double> all(2 * channels, 0.0);
  for (int64_t block = 0; block < blocks; ++block)
    for (int64_t i = 0; i < 2 * channels; ++i) all[i] += part[block * 2 * channels + i];
  return all;
}

/** Numbers of channels, one tensor of rows for all that is known of them. */
template <typename A>
struct Channels {
  at::Tensor tensor;
  int64_t count;
  Channels(int64_t kinds, int64_t count)
      : tensor(at::empty({kinds, count}, c10::CppTypeToScalarType<A>::value)), count(count) {}
  explicit Channels(const at::Tensor& made) : tensor(made), count(made.size(1)) {}
  A* operator[](int64_t kind) const { return tensor.template data_ptr<A>() + kind * count; }
};

/** Rows of what forward saves. */
enum { kMean, kDeviation, kScale, kOffset, kSaved };

template <typename F>
void inRows(int64_t rows, const F& work) {
  sharePieces(rows, 64, [&](int64_t begin, int64_t end) { work(begin, end - begin); });
}

/** What y and backward need to know of each channel of a group; updates the running statistics if there are any. */
at::Tensor statistics(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& runningMean,
                      const at::Tensor& runningVar, double momentum, const Options& options) {
  const int64_t channels = x.size(1), rows = x.numel() / channels;
  at::Tensor saved;
  withImageKernels(x.scalar_type(), [&](const auto& pass, auto stored, auto number) {
    const auto& norm = pass.norm;
    using T = decltype(stored);
    using A = decltype(number);
    const T* const from = static_cast<const T*>(x.data_ptr());
    const Channels<A> known(kSaved, channels);
    saved = known.tensor;
    // Sums of differences from the first row, which is near the mean, if any is.
    std::vector<A> shift(channels);
    const std::vector<A> one(channels, 1), zero(channels, 0);
    const at::Tensor first = x.dim() == 4 ? x.select(0, 0).select(1, 0).select(1, 0) : x.select(0, 0);
    const at::Tensor wide = first.to(known.tensor.scalar_type()).contiguous();
    std::copy_n(wide.data_ptr<A>(), channels, shift.begin());
    const auto sums = sumsOf<A>(rows, channels, [&](int64_t row, int64_t count, A* sum, A* squares) {
      norm.sums(from + row * channels, count, channels, shift.data(), sum, squares);
    });
    const A* const w = weight.defined() ? weight.data_ptr<A>() : nullptr;
    const A* const b = bias.defined() ? bias.data_ptr<A>() : nullptr;
    A* const runningMeans = runningMean.defined() ? runningMean.data_ptr<A>() : nullptr;
    A* const runningVars = runningVar.defined() ? runningVar.data_ptr<A>() : nullptr;
    for (int64_t c = 0; c < channels; ++c) {
      const double difference = sums[c] / rows, mean = shift[c] + difference;
      const double variance = std::max(0.0, sums[channels + c] / rows - difference * difference);
      const double deviation = std::sqrt(variance + options.eps);
      const double scale = (w == nullptr ? 1 : w[c]) / deviation;
      known[kMean][c] = mean;
      known[kDeviation][c] = deviation;
      known[kScale][c] = scale;
      // And what the mean loses by its rounding, which is much beside a small deviation.
      known[kOffset][c] = (b == nullptr ? 0 : b[c]) + (known[kMean][c] - mean) * scale;
      if (runningMeans != nullptr) runningMeans[c] += momentum * (mean - runningMeans[c]);
      if (runningVars != nullptr) runningVars[c] += momentum * (variance * rows / (rows - 1) - runningVars[c]);
    }
  });
  return saved;
}

/** y of a group through the LeakyReLU. */
void normalise(const at::Tensor& x, const at::Tensor& saved, const Options& options, const at::Tensor& out) {
  const int64_t channels = x.size(1), rows = x.numel() / channels;
  withImageKernels(x.scalar_type(), [&](const auto& pass, auto stored, auto number) {
    using T = decltype(stored);
    const Channels<decltype(number)> known(saved);
    inRows(rows, [&](int64_t row, int64_t count) {
      pass.norm.apply(static_cast<const T*>(x.data_ptr()) + row * channels, count, channels, known[kMean], known[kScale],
                      known[kOffset], options.slope, static_cast<T*>(out.data_ptr()) + row * channels);
    });
  });
}

/** y of all groups. */
at::Tensor normalised(const at::Tensor& x, const at::Tensor& saved, const Options& options) {
  const at::Tensor out = empty(x);
  for (int64_t group = 0; group < options.groups; ++group)
    normalise(part(x, group, options.groups), part(saved, group, options.groups), options, part(out, group, options.groups));
  return out;
}

/** Does nobody else know this gradient, so that it may be written over? */
bool isOurs(const at::Tensor& gradient) {
  return gradient.use_count() <= kGradientOwners && gradient.storage().use_count() == 1;
}

/** Gradients by weight and bias of a group, as two rows; and by x, to `made`, which may be the gradient's place or undefined. */
at::Tensor derive(const at::Tensor& x, const at::Tensor& gradient, const at::Tensor& saved, const Options& options,
                  const at::Tensor& made) {
  const int64_t channels = x.size(1), rows = x.numel() / channels;
  return withImageKernels(x.scalar_type(), [&](const auto& pass, auto stored, auto number) {
    const auto& norm = pass.norm;
    using T = decltype(stored);
    using A = decltype(number);
    const T* const from = static_cast<const T*>(x.data_ptr());
    const T* const gradients = static_cast<const T*>(gradient.data_ptr());
    const Channels<A> known(saved);
    const auto sums = sumsOf<A>(rows, channels, [&](int64_t row, int64_t count, A* sum, A* products) {
      norm.gradientSums(from + row * channels, gradients + row * channels, count, channels, known[kMean], known[kScale],
                        known[kOffset], options.slope, sum, products);
    });
    const Channels<A> parameters(2, channels), line(2, channels);
    for (int64_t c = 0; c < channels; ++c) {
      const double scale = known[kScale][c], deviation = known[kDeviation][c];
      parameters[0][c] = sums[channels + c] / deviation;
      parameters[1][c] = sums[c];
      line[0][c] = -scale * sums[channels + c] / rows / (deviation * deviation);
      line[1][c] = -scale * sums[c] / rows;
    }
    if (made.defined())
      inRows(rows, [&](int64_t row, int64_t count) {
        norm.gradient(from + row * channels, gradients + row * channels, count, channels, known[kMean], known[kScale],
                      known[kOffset], options.slope, line[0], line[1], static_cast<T*>(made.data_ptr()) + row * channels);
      });
    return parameters.tensor;
  });
}

/** Gradients by x, weight and bias; the first in the place of the gradient it is given, where nobody else knows that. */
std::array<at::Tensor, 3> backward(const at::Tensor& x, const at::Tensor& given, const at::Tensor& saved, const Options& options,
                                   bool ofInput) {
  const bool ours = isOurs(given);
  const at::Tensor gradient = rowsOf(given);
  const at::Tensor made = !ofInput ? at::Tensor() : ours || !gradient.is_same(given) ? gradient : empty(x);
  at::Tensor parameters;
  for (int64_t group = 0; group < options.groups; ++group) {
    const auto own = [&](const at::Tensor& samples) { return part(samples, group, options.groups); };
    const at::Tensor some = derive(own(x), own(gradient), own(saved), options, made.defined() ? own(made) : made);
    if (group == 0) parameters = some;
    else parameters.add_(some);
  }
  return {made, parameters.select(0, 0), parameters.select(0, 1)};
}

/** By LibTorch's operators. */
at::Tensor plainly(const at::Tensor& input, const Optional<at::Tensor>& weight, const Optional<at::Tensor>& bias,
                   const Optional<at::Tensor>& runningMean, const Optional<at::Tensor>& runningVar, bool training,
                   double momentum, const Options& options) {
  if (options.groups > 1) {
    Options one = options;
    one.groups = 1;
    std::vector<at::Tensor> parts;
    for (const at::Tensor& group : input.chunk(options.groups))
      parts.push_back(plainly(group, weight, bias, runningMean, runningVar, training, momentum, one));
    return at::cat(parts);
  }
  const at::Tensor output =
      at::batch_norm(input, weight, bias, runningMean, runningVar, training, momentum, options.eps, true);
  return options.slope == 1 ? output : options.slope == 0 ? output.relu() : at::leaky_relu(output, options.slope);
}

Optional<at::Tensor> given(const Optional<at::Tensor>& tensor) {
  if (tensor.has_value() && tensor->defined()) return *tensor;
  return kNone;
}

struct BatchNorm : Function<BatchNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const Optional<at::Tensor>& weight,
                            const Optional<at::Tensor>& bias, const Optional<at::Tensor>& runningMean,
                            const Optional<at::Tensor>& runningVar, double momentum, const Options& options) {
    const at::Tensor w = weight.value_or(at::Tensor()), b = bias.value_or(at::Tensor());
    const at::Tensor x = rowsOf(input);
    std::vector<at::Tensor> groups;
    for (int64_t group = 0; group < options.groups; ++group)
      groups.push_back(statistics(part(x, group, options.groups), w, b, runningMean.value_or(at::Tensor()),
                                  runningVar.value_or(at::Tensor()), momentum, options));
    const at::Tensor saved = options.groups == 1 ? groups[0] : at::cat(groups);
    context->save_for_backward({input, w, b});
    context->saved_data["saved"] = saved;
    context->saved_data["eps"] = options.eps;
    context->saved_data["slope"] = options.slope;
    context->saved_data["groups"] = options.groups;
    return normalised(x, saved, options);
  }

  static Options optionsOf(AutogradContext* context) {
    return {context->saved_data["eps"].toDouble(), context->saved_data["slope"].toDouble(), context->saved_data["groups"].toInt()};
  }

  static bool repeats(AutogradContext*) { return true; }

  static at::Tensor again(AutogradContext* context) {
    const auto saved = context->get_saved_variables();
    const Options options = optionsOf(context);
    if (at::GradMode::is_enabled()) return apply(saved[0], given(saved[1]), given(saved[2]), kNone, kNone, 0, options);
    return normalised(rowsOf(saved[0]), context->saved_data["saved"].toTensor(), options);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Options options = optionsOf(context);
    // Only what is defined is an input to autograd.
    std::array<bool, 3> needed;
    for (size_t i = 0, next = 0; i < 3; ++i) needed[i] = saved[i].defined() && context->needs_input_grad(next++);
    variable_list made(7);
    if (at::GradMode::is_enabled()) {
      // Whoever differentiates again gets the graph of LibTorch's operators.
      const at::Tensor output = plainly(saved[0], given(saved[1]), given(saved[2]), kNone, kNone, true, 0, options);
      variable_list inputs;
      for (size_t i = 0; i < 3; ++i)
        if (needed[i]) inputs.push_back(saved[i]);
      const variable_list found = torch::autograd::grad({output}, inputs, {gradients[0]}, true, true);
      for (size_t i = 0, next = 0; i < 3; ++i)
        if (needed[i]) made[i] = found[next++];
      return made;
    }
    const auto all =
        gantry::backward(rowsOf(saved[0]), gradients[0], context->saved_data["saved"].toTensor(), options, needed[0]);
    for (size_t i = 0; i < 3; ++i)
      if (needed[i]) made[i] = all[i];
    return made;
  }
};

at::Tensor batchNorm(const at::Tensor& input, const Optional<at::Tensor>& weight, const Optional<at::Tensor>& bias,
                     const Optional<at::Tensor>& runningMean, const Optional<at::Tensor>& runningVar, bool training,
                     double momentum, double eps, double negativeSlope, int64_t groups) {
  // Of nothing any number of groups could be made.
  const bool divides = groups > 0 && input.dim() > 0 && input.size(0) % groups == 0 && (groups == 1 || input.size(0) > 0);
  TORCH_CHECK(divides, "batch_norm: ", groups, " groups do not fit ", input.sizes());
  const Options options{eps, negativeSlope, training ? groups : 1};
  const auto type = input.scalar_type();
  const auto suits = [&](const Optional<at::Tensor>& tensor) {
    return !tensor.has_value() || !tensor->defined() ||
           (tensor->device().is_cpu() && tensor->scalar_type() == computedIn(type) && tensor->is_contiguous() && tensor->dim() == 1 &&
            tensor->size(0) == input.size(1));
  };
  const bool fits = training && haveImageKernels(input) && input.numel() > input.size(1) * groups && suits(weight) && suits(bias) &&
                    suits(runningMean) && suits(runningVar);
  if (!fits) return plainly(input, weight, bias, runningMean, runningVar, training, momentum, options);
  for (const auto& changed : {given(runningMean), given(runningVar)})
    if (changed.has_value()) changed->unsafeGetTensorImpl()->bump_version();
  return BatchNorm::apply(input, given(weight), given(bias), given(runningMean), given(runningVar), momentum, options);
}

const bool kRepeats = Recomputable::add<BatchNorm>();

}  // namespace
}  // namespace gantry

TORCH_LIBRARY_FRAGMENT(gantry, library) {
  library.def(
      "batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor(a!)? running_mean, Tensor(b!)? running_var, "
      "bool training, float momentum, float eps, float negative_slope=1., int groups=1) -> Tensor",
      gantry::batchNorm);
}
