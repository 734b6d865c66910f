// gantry::maxout_linear: linear layers whose units take the largest of several maps, in one. LibTorch writes all maps of all units,
// then looks for the largest, seven times as long as it has to; and its derivatives multiply by the zeros of the maps that were
// not chosen. Here the products are looked through while they are near, and the derivatives go by what was chosen: with five
// maps a unit, a fifth of the multiplications.
//
// With the choices made, the layer is one trilinear form of rows x [N, C], weight w [U * pieces, C] and output gradient y [N, U], as
// a convolution is (operators/convolution.cc): forward(x, w) -> y, inputGradient(y, w) -> x, weightGradient(x, y) -> w; the derivatives of each are the
// other two.
#include <torch/library.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "operators/convolution.h"
#include "plain.h"
#include "operators/kernel_dispatch.h"
#include "tasks.h"

namespace gantry {
namespace {

using kernels::kPanel;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/** A choice is a byte. */
constexpr int64_t kMostPieces = 255;
/** Rows, and maps of a panel of units, that are multiplied before they are looked through. */
constexpr int64_t kRows = 48, kMaps = 10;
/** Units whose weights' gradients are made together, at least. */
constexpr int64_t kUnits = 32;

/** `work(the first, how many)` for pieces of `count` of at least `grain`, where it is enough to be shared. */
template <typename F>
void inPieces(int64_t count, int64_t grain, int64_t multiplications, const F& work) {
  sharePieces(count, multiplications >= kShared ? grain : count, [&](int64_t begin, int64_t end) { work(begin, end - begin); });
}

/** The largest of each unit's maps [N, U], and which it is. There must be at least kPanel units. */
template <typename T>
void largest(const kernels::MatrixKernels<T>& set, const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& bias,
             const at::Tensor& values, const at::Tensor& chosen) {
  const int64_t count = rows.size(0), depth = rows.size(1), units = values.size(1), pieces = weight.size(0) / units;
  const T* const from = rows.data_ptr<T>();
  const T* const maps = weight.data_ptr<T>();
  const Bias<T> added(bias);
  T* const to = values.data_ptr<T>();
  uint8_t* const which = chosen.data_ptr<uint8_t>();
  const int64_t panels = at::divup(units, kPanel), group = std::max<int64_t>(1, kMaps / pieces);
  const int64_t width = pieces * kPanel;
  inPieces(at::divup(panels, group), 1, count * depth * units * pieces, [&](int64_t begin, int64_t parts) {
    std::vector<T> packed(group * width * depth), products(kRows * group * width), biases(group * width);
    // The last panel may begin within the one before: then some units are computed twice.
    const auto unitOf = [&](int64_t panel) { return std::min(panel * kPanel, units - kPanel); };
    for (int64_t first = begin * group; first < std::min(panels, (begin + parts) * group); first += group) {
      const int64_t some = std::min(group, panels - first);
      for (int64_t i = 0; i < some; ++i)
        for (int64_t piece = 0; piece < pieces; ++piece) {
          const int64_t map = unitOf(first + i) * pieces + piece, place = i * pieces + piece;
          set.packTurned(maps + map * depth, pieces * depth, depth, packed.data() + place * kPanel * depth, kPanel);
          if (bias.defined())
            for (int64_t unit = 0; unit < kPanel; ++unit) biases[place * kPanel + unit] = added.data[map + unit * pieces];
        }
      for (int64_t top = 0; top < count; top += kRows) {
        const int64_t height = std::min(kRows, count - top);
        set.product(products.data(), some * width, from + top * depth, depth, 1, packed.data(), height, some * width, depth, false);
        for (int64_t row = 0; row < height; ++row)
          for (int64_t i = 0; i < some; ++i) {
            const int64_t place = (top + row) * units + unitOf(first + i);
            set.maxout.largest(products.data() + (row * some + i) * width, pieces, biases.data() + i * width, to + place, which + place);
          }
      }
    }
  });
}

at::Tensor maxoutForward(const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& chosen) {
  const int64_t units = chosen.size(1);
  return multiplied(rows, weight.t(), at::Tensor())
      .view({rows.size(0), units, weight.size(0) / units})
      .gather(2, chosen.unsqueeze(2).to(at::kLong))
      .squeeze(2);
}

at::Tensor backwardData(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& chosen) {
  const int64_t count = chosen.size(0), units = chosen.size(1), depth = weight.size(1);
  const at::Tensor g = gradient.contiguous(), w = weight.contiguous(), made = at::empty({count, depth}, g.options());
  withMatrixKernels(g.scalar_type(), [&](const auto& set, auto zero) {
    using T = decltype(zero);
    const T* const given = g.template data_ptr<T>();
    const T* const maps = w.template data_ptr<T>();
    const uint8_t* const which = chosen.data_ptr<uint8_t>();
    T* const to = made.template data_ptr<T>();
    inPieces(count, kRows, count * depth * units, [&](int64_t first, int64_t rows) {
      set.maxout.backwardData(given + first * units, which + first * units, units, maps, w.size(0) / units, depth, rows, to + first * depth);
    });
  });
  return made;
}

/** The gradients of weight and bias. */
std::pair<at::Tensor, at::Tensor> backwardWeights(const at::Tensor& rows, const at::Tensor& gradient, const at::Tensor& chosen, int64_t pieces) {
  const int64_t count = chosen.size(0), units = chosen.size(1), depth = rows.size(1);
  const at::Tensor x = rows.contiguous(), g = gradient.contiguous();
  const at::Tensor weight = at::empty({units * pieces, depth}, x.options()), bias = at::empty({units * pieces}, x.options());
  withMatrixKernels(x.scalar_type(), [&](const auto& set, auto zero) {
    using T = decltype(zero);
    const T* const from = x.template data_ptr<T>();
    const T* const given = g.template data_ptr<T>();
    const uint8_t* const which = chosen.data_ptr<uint8_t>();
    T* const w = weight.template data_ptr<T>();
    T* const b = bias.template data_ptr<T>();
    inPieces(units, kUnits, count * depth * units, [&](int64_t first, int64_t some) {
      const at::Tensor order = at::empty({some * kernels::kSortedStride}, at::kInt), ends = at::empty({some * (pieces + 2)}, at::kInt);
      const at::Tensor factors = at::empty({some * kernels::kSortedStride}, x.options());
      const at::Tensor near = at::empty({kernels::kSorted * kernels::kNearColumns}, x.options());
      const kernels::Sorted<T> sorted{order.data_ptr<int32_t>(), factors.template data_ptr<T>(), ends.data_ptr<int32_t>(),
                                      near.template data_ptr<T>()};
      set.maxout.backwardWeights(from, given + first, which + first, units, some, count, pieces, depth, sorted, w + first * pieces * depth,
                b + first * pieces);
    });
  });
  return {weight, bias};
}

struct MaxoutForward : Function<MaxoutForward> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& chosen) {
    context->save_for_backward({rows, weight, chosen});
    return maxoutForward(rows, weight, chosen);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};
struct MaxoutBackwardData : Function<MaxoutBackwardData> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& chosen) {
    context->save_for_backward({gradient, weight, chosen});
    return backwardData(gradient, weight, chosen);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};
struct MaxoutBackwardWeights : Function<MaxoutBackwardWeights> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& rows, const at::Tensor& gradient, const at::Tensor& chosen,
                            int64_t pieces) {
    context->save_for_backward({rows, gradient, chosen});
    return backwardWeights(rows, gradient, chosen, pieces).first;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/** The maps, recorded for their derivatives where anything is. */
at::Tensor recordedForward(const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& chosen) {
  return at::GradMode::is_enabled() ? MaxoutForward::apply(rows, weight, chosen) : maxoutForward(rows, weight, chosen);
}
at::Tensor recordedBackwardData(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& chosen) {
  return at::GradMode::is_enabled() ? MaxoutBackwardData::apply(gradient, weight, chosen) : backwardData(gradient, weight, chosen);
}
at::Tensor recordedBackwardWeights(const at::Tensor& rows, const at::Tensor& gradient, const at::Tensor& chosen, int64_t pieces) {
  return at::GradMode::is_enabled() ? MaxoutBackwardWeights::apply(rows, gradient, chosen, pieces) : backwardWeights(rows, gradient, chosen, pieces).first;
}

int64_t piecesOf(const at::Tensor& weight, const at::Tensor& chosen) { return weight.size(0) / chosen.size(1); }

variable_list MaxoutForward::backward(AutogradContext* context, const variable_list& gradients) {
  const auto saved = context->get_saved_variables();
  const at::Tensor &rows = saved[0], &weight = saved[1], &chosen = saved[2];
  at::Tensor ofRows, ofWeight;
  if (context->needs_input_grad(0)) ofRows = recordedBackwardData(gradients[0], weight, chosen);
  if (context->needs_input_grad(1)) ofWeight = recordedBackwardWeights(rows, gradients[0], chosen, piecesOf(weight, chosen));
  return {ofRows, ofWeight, at::Tensor()};
}

variable_list MaxoutBackwardData::backward(AutogradContext* context, const variable_list& gradients) {
  const auto saved = context->get_saved_variables();
  const at::Tensor &gradient = saved[0], &weight = saved[1], &chosen = saved[2];
  at::Tensor ofGradient, ofWeight;
  if (context->needs_input_grad(0)) ofGradient = recordedForward(gradients[0], weight, chosen);
  if (context->needs_input_grad(1)) ofWeight = recordedBackwardWeights(gradients[0], gradient, chosen, piecesOf(weight, chosen));
  return {ofGradient, ofWeight, at::Tensor()};
}

variable_list MaxoutBackwardWeights::backward(AutogradContext* context, const variable_list& gradients) {
  const auto saved = context->get_saved_variables();
  const at::Tensor &rows = saved[0], &gradient = saved[1], &chosen = saved[2];
  at::Tensor ofRows, ofGradient;
  if (context->needs_input_grad(0)) ofRows = recordedBackwardData(gradient, gradients[0], chosen);
  if (context->needs_input_grad(1)) ofGradient = recordedForward(rows, gradients[0], chosen);
  return {ofRows, ofGradient, at::Tensor(), at::Tensor()};
}

/** The bias' gradient with its own graph. */
at::Tensor recordedBias(const at::Tensor& gradient, const at::Tensor& chosen, int64_t pieces) {
  return at::zeros({chosen.size(0), chosen.size(1), pieces}, gradient.options())
      .scatter(2, chosen.unsqueeze(2).to(at::kLong), gradient.unsqueeze(2))
      .sum(0)
      .view(-1);
}

struct Maxout : Function<Maxout> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& rows, const at::Tensor& weight, const Optional<at::Tensor>& bias,
                            int64_t pieces) {
    const at::Tensor x = rows.contiguous(), w = weight.contiguous();
    const at::Tensor values = at::empty({rows.size(0), weight.size(0) / pieces}, rows.options());
    const at::Tensor chosen = at::empty(values.sizes(), rows.options().dtype(at::kByte)), b = bias.value_or(at::Tensor());
    withMatrixKernels(rows.scalar_type(), [&](const auto& set, auto) { largest(set, x, w, b, values, chosen); });
    context->save_for_backward({rows, weight, chosen, b});
    return values;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &rows = saved[0], &weight = saved[1], &chosen = saved[2], &gradient = gradients[0];
    const int64_t pieces = piecesOf(weight, chosen);
    at::Tensor ofRows, ofWeight, ofBias;
    const bool weightIs = context->needs_input_grad(1), biasIs = saved[3].defined() && context->needs_input_grad(2);
    if (at::GradMode::is_enabled()) {
      if (weightIs) ofWeight = MaxoutBackwardWeights::apply(rows, gradient, chosen, pieces);
      if (biasIs) ofBias = recordedBias(gradient, chosen, pieces);
    } else if (weightIs || biasIs) {
      std::tie(ofWeight, ofBias) = backwardWeights(rows, gradient, chosen, pieces);
    }
    if (context->needs_input_grad(0)) ofRows = recordedBackwardData(gradient, weight, chosen);
    return {ofRows, weightIs ? ofWeight : at::Tensor(), biasIs ? ofBias : at::Tensor(), at::Tensor()};
  }
};

at::Tensor maxoutLinear(const at::Tensor& input, const at::Tensor& weight, const Optional<at::Tensor>& bias, int64_t pieces) {
  TORCH_CHECK(input.dim() == 2 && weight.dim() == 2 && input.size(1) == weight.size(1),
              "maxout_linear needs N,C input and M,C weight, got ", input.sizes(), " and ", weight.sizes());
  TORCH_CHECK(pieces > 0 && weight.size(0) % pieces == 0, "maxout_linear needs a multiple of ", pieces, " maps, got ", weight.sizes());
  const bool biased = bias.has_value() && bias->defined();
  if (biased)
    TORCH_CHECK(bias->dim() == 1 && bias->size(0) == weight.size(0), "maxout_linear has ", weight.size(0),
                " maps, but the bias has the shape ", bias->sizes());
  const int64_t units = weight.size(0) / pieces;
  const bool fits = input.device().is_cpu() && weight.device().is_cpu() && !autocastEnabled(at::kCPU) && areMatrices(input, weight) &&
                    (!biased || bias->scalar_type() == input.scalar_type()) && units >= kPanel && pieces <= kMostPieces;
  if (fits) return Maxout::apply(input, weight, biased ? bias : Optional<at::Tensor>(), pieces);
  return std::get<0>(at::linear(input, weight, bias).view({input.size(0), units, pieces}).max(2));
}

}  // namespace
}  // namespace gantry

TORCH_LIBRARY_FRAGMENT(gantry, library) {
  library.def("maxout_linear(Tensor input, Tensor weight, Tensor? bias, int pieces) -> Tensor", gantry::maxoutLinear);
}
