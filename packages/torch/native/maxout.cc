// gantry::maxout: the largest of each `pieces` numbers in a row. LibTorch's max along a dimension took seven times as long, and
// its gradient writes zeros first and scatters into them afterwards.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace gantry {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr int64_t kMostPieces = 255;
constexpr int64_t kGrain = 2048;

/** `work(first unit, one past the last, zero of the numbers' type)` in parallel. */
template <typename F>
void inParts(const at::Tensor& like, int64_t units, const F& work) {
  at::parallel_for(0, units, kGrain, [&](int64_t begin, int64_t end) {
    if (like.scalar_type() == at::kFloat) work(begin, end, float{});
    else work(begin, end, double{});
  });
}

template <typename T>
T* numbersOf(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

/**
 * Units that are sorted by piece before they are compared: one by one, the processor guesses every other comparison wrong; and
 * what is written number by number cannot be read as a vector at once.
 */
constexpr int64_t kSorted = 256;

/** Of up to kSorted units. @param sorted room for kSorted * pieces numbers */
template <typename T>
void largestOf(const T* from, int64_t count, int64_t pieces, T* sorted, T* to, uint8_t* which) {
  constexpr int lanes = 16 / sizeof(T);
  typedef T Values __attribute__((vector_size(lanes * sizeof(T))));
  typedef T Unaligned __attribute__((vector_size(lanes * sizeof(T)), aligned(sizeof(T)), may_alias));
  using Places = decltype(Values{} < Values{});
  for (int64_t i = 0; i < pieces; ++i)
    for (int64_t unit = 0; unit < count; ++unit) sorted[i * kSorted + unit] = from[unit * pieces + i];
  for (int64_t unit = 0; unit < count; unit += lanes) {
    Values best = *reinterpret_cast<const Unaligned*>(sorted + unit);
    Places at{};
    for (int64_t i = 1; i < pieces; ++i) {
      const Values value = *reinterpret_cast<const Unaligned*>(sorted + i * kSorted + unit);
      // Also what is no number; and from such a one there is no way back.
      const Places better = (value > best) | ((value != value) & (best == best));
      best = better ? value : best;
      at = better ? Places{} + static_cast<int>(i) : at;
    }
    const int64_t some = std::min<int64_t>(lanes, count - unit);
    for (int64_t lane = 0; lane < some; ++lane) {
      to[unit + lane] = best[lane];
      which[unit + lane] = static_cast<uint8_t>(at[lane]);
    }
  }
}

/** The largest of each piece, and which it is: the first of equals, or what is no number. */
std::pair<at::Tensor, at::Tensor> largest(const at::Tensor& input, int64_t pieces) {
  const at::Tensor rows = input.contiguous();
  const int64_t units = rows.size(1) / pieces;
  const at::Tensor values = at::empty({rows.size(0), units}, rows.options());
  const at::Tensor chosen = at::empty({rows.size(0), units}, rows.options().dtype(at::kByte));
  inParts(rows, values.numel(), [&](int64_t begin, int64_t end, auto zero) {
    using T = decltype(zero);
    const T* const from = numbersOf<T>(rows);
    T* const to = numbersOf<T>(values);
    uint8_t* const which = numbersOf<uint8_t>(chosen);
    std::vector<T> sorted(kSorted * pieces);
    for (int64_t unit = begin; unit < end; unit += kSorted)
      largestOf(from + unit * pieces, std::min(kSorted, end - unit), pieces, sorted.data(), to + unit, which + unit);
  });
  return {values, chosen};
}

/** The chosen of each piece. */
at::Tensor picked(const at::Tensor& input, const at::Tensor& chosen, int64_t pieces) {
  const at::Tensor rows = input.contiguous(), values = at::empty(chosen.sizes(), input.options());
  inParts(rows, values.numel(), [&](int64_t begin, int64_t end, auto zero) {
    using T = decltype(zero);
    const T* const from = numbersOf<T>(rows);
    const uint8_t* const which = numbersOf<uint8_t>(chosen);
    T* const to = numbersOf<T>(values);
    for (int64_t unit = begin; unit < end; ++unit) to[unit] = from[unit * pieces + which[unit]];
  });
  return values;
}

/** Each value in the place of the chosen, with zeros beside it. */
at::Tensor placed(const at::Tensor& values, const at::Tensor& chosen, int64_t pieces) {
  const at::Tensor from = values.contiguous();
  const at::Tensor rows = at::empty({chosen.size(0), chosen.size(1) * pieces}, values.options());
  inParts(rows, from.numel(), [&](int64_t begin, int64_t end, auto zero) {
    using T = decltype(zero);
    const T* const given = numbersOf<T>(from);
    const uint8_t* const which = numbersOf<uint8_t>(chosen);
    T* to = numbersOf<T>(rows);
    std::fill(to + begin * pieces, to + end * pieces, T(0));
    for (int64_t unit = begin; unit < end; ++unit) to[unit * pieces + which[unit]] = given[unit];
  });
  return rows;
}

void save(AutogradContext* context, const at::Tensor& chosen, int64_t pieces) {
  context->saved_data["chosen"] = chosen;
  context->saved_data["pieces"] = pieces;
}
at::Tensor chosenOf(AutogradContext* context) { return context->saved_data["chosen"].toTensor(); }
int64_t piecesOf(AutogradContext* context) { return context->saved_data["pieces"].toInt(); }

struct Place : Function<Place> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& values, const at::Tensor& chosen, int64_t pieces) {
    save(context, chosen, pieces);
    return placed(values, chosen, pieces);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};
struct Pick : Function<Pick> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& chosen, int64_t pieces) {
    save(context, chosen, pieces);
    return picked(input, chosen, pieces);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {Place::apply(gradients[0], chosenOf(context), piecesOf(context)), at::Tensor(), at::Tensor()};
  }
};
variable_list Place::backward(AutogradContext* context, const variable_list& gradients) {
  return {Pick::apply(gradients[0], chosenOf(context), piecesOf(context)), at::Tensor(), at::Tensor()};
}
struct Maxout : Function<Maxout> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, int64_t pieces) {
    const auto [values, chosen] = largest(input, pieces);
    save(context, chosen, pieces);
    return values;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {Place::apply(gradients[0], chosenOf(context), piecesOf(context)), at::Tensor()};
  }
};

at::Tensor maxout(const at::Tensor& input, int64_t pieces) {
  TORCH_CHECK(input.dim() == 2 && pieces > 0 && input.size(1) % pieces == 0, "maxout needs N,C with C a multiple of ", pieces,
              ", got ", input.sizes());
  const auto type = input.scalar_type();
  if (input.device().is_cpu() && (type == at::kFloat || type == at::kDouble) && pieces <= kMostPieces)
    return Maxout::apply(input, pieces);
  return std::get<0>(input.reshape({input.size(0), input.size(1) / pieces, pieces}).max(2));
}

}  // namespace
}  // namespace gantry

TORCH_LIBRARY_FRAGMENT(gantry, library) {
  library.def("maxout(Tensor input, int pieces) -> Tensor", gantry::maxout);
}
