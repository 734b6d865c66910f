// gantry::adam_: one step of Adam over all parameters in one pass over memory, where `_foreach` operators take eight.
//
// Every number is rounded where LibTorch's operators round it, so that the bits are theirs: add and addcmul multiply and
// add in one rounding where the processor can, on x86 with FMA and AVX2, which is what LibTorch's own choice depends on.
//
// Only numbers nearer to zero than the smallest normal one become zero, on x86: the moments of what has no gradient any more, as
// behind a dead ReLU, come there after some hundred steps and stay, and processors are ten times as slow with them.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

#include "tasks.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#if defined(__clang__)
#pragma clang fp contract(off)
#define GANTRY_VECTORISED
#else
#define GANTRY_VECTORISED __attribute__((optimize("O3", "fp-contract=off")))
#endif

namespace gantry {
namespace {

/** What all parameters have in common; `rest` is what is left of 1. */
struct Rule {
  double beta1, rest1, beta2, rest2, eps, weightDecay;
};

/** One parameter, its gradient and its moments as `count` numbers in the same order in memory. */
template <typename T>
struct Span {
  T* parameter;
  const T* gradient;
  T *first, *second;
  /** Of all numbers, where these begin. */
  int64_t start, count;
  /** The learning rate, and what divides the second moment's root, both corrected for moments that began at 0. */
  double size, root;
};

/** a * b + c, in one rounding if fused. */
template <bool fused>
inline __attribute__((always_inline)) float madd(float a, float b, float c) {
  return fused ? __builtin_fmaf(a, b, c) : a * b + c;
}
template <bool fused>
inline __attribute__((always_inline)) double madd(double a, double b, double c) {
  return fused ? __builtin_fma(a, b, c) : a * b + c;
}

inline __attribute__((always_inline)) float root(float x) { return __builtin_sqrtf(x); }
inline __attribute__((always_inline)) double root(double x) { return __builtin_sqrt(x); }

template <bool fused, bool decays, typename T>
inline __attribute__((always_inline)) void loop(const Rule& rule, const Span<T>& span, int64_t begin, int64_t end) {
  const T beta1 = rule.beta1, rest1 = rule.rest1, beta2 = rule.beta2, rest2 = rule.rest2, eps = rule.eps;
  const T weightDecay = rule.weightDecay, divisor = span.root, size = -span.size;
  T* __restrict parameters = span.parameter;
  T* __restrict firsts = span.first;
  T* __restrict seconds = span.second;
  const T* gradients = span.gradient;
  for (int64_t i = begin; i < end; ++i) {
    const T parameter = parameters[i];
    const T gradient = decays ? madd<fused>(weightDecay, parameter, gradients[i]) : gradients[i];
    const T first = madd<fused>(rest1, gradient, firsts[i] * beta1);
    const T second = madd<fused>(rest2 * gradient, gradient, seconds[i] * beta2);
    firsts[i] = first;
    seconds[i] = second;
    parameters[i] = parameter + size * first / (root(second) / divisor + eps);
  }
}

template <bool fused, typename T>
inline __attribute__((always_inline)) void choose(const Rule& rule, const Span<T>& span, int64_t begin, int64_t end) {
  if (rule.weightDecay == 0) loop<fused, false>(rule, span, begin, end);
  else loop<fused, true>(rule, span, begin, end);
}

#if defined(__x86_64__)
/**
 * Adam's eps from which no parameter can tell a second moment below the smallest normal number from zero: the square root of that
 * one is 1e-19, which is less than a rounding of 1e-11.
 */
constexpr double kFelt = 1e-11;

/** While it lives, this thread's arithmetic takes and makes zero for numbers below the smallest normal one. */
class WithoutDenormals {
  static constexpr unsigned kBits = 0x8040;  // flush to zero, denormals are zero
  const unsigned before_;

 public:
  explicit WithoutDenormals(bool on) : before_(_mm_getcsr()) {
    if (on) _mm_setcsr(before_ | kBits);
  }
  ~WithoutDenormals() { _mm_setcsr(before_); }
  WithoutDenormals(const WithoutDenormals&) = delete;
  WithoutDenormals& operator=(const WithoutDenormals&) = delete;
};

template <typename T>
GANTRY_VECTORISED __attribute__((target("avx2,fma"))) void updateFused(const Rule& rule, const Span<T>& span, int64_t begin,
                                                                        int64_t end) {
  choose<true>(rule, span, begin, end);
}

template <typename T>
GANTRY_VECTORISED void updatePlain(const Rule& rule, const Span<T>& span, int64_t begin, int64_t end) {
  choose<false>(rule, span, begin, end);
}

template <typename T>
void update(const Rule& rule, const Span<T>& span, int64_t begin, int64_t end) {
  static const bool fused = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const WithoutDenormals without(rule.eps >= kFelt);
  if (fused) updateFused(rule, span, begin, end);
  else updatePlain(rule, span, begin, end);
}
#else
template <typename T>
GANTRY_VECTORISED void update(const Rule& rule, const Span<T>& span, int64_t begin, int64_t end) {
#if defined(__ARM_FEATURE_FMA)
  choose<true>(rule, span, begin, end);
#else
  choose<false>(rule, span, begin, end);
#endif
}
#endif

/** All numbers of all spans, shared among the threads as LibTorch shares an operator's. */
template <typename T>
void updateAll(const Rule& rule, const std::vector<Span<T>>& spans) {
  if (spans.empty()) return;
  sharePieces(spans.back().start + spans.back().count, at::internal::GRAIN_SIZE, [&](int64_t begin, int64_t end) {
    const auto after = std::upper_bound(spans.begin(), spans.end(), begin,
                                        [](int64_t place, const Span<T>& span) { return place < span.start; });
    for (auto span = after - 1; span != spans.end() && span->start < end; ++span)
      update(rule, *span, std::max<int64_t>(begin - span->start, 0), std::min(end - span->start, span->count));
  });
}

/** Whether two tensors of one shape have their elements in the same order in memory. */
bool sameOrder(const at::Tensor& a, const at::Tensor& b) {
  if (!b.is_non_overlapping_and_dense()) return false;
  for (int64_t d = 0; d < a.dim(); ++d)
    if (a.size(d) > 1 && a.stride(d) != b.stride(d)) return false;
  return true;
}

struct Lists {
  std::vector<at::Tensor> parameters, gradients, firsts, seconds;
  std::vector<at::Scalar> sizes, roots;
};

/** The same by LibTorch's operators: on other devices, in other types, and where memory has gaps. */
void updateByOperators(const Rule& rule, Lists& lists) {
  if (lists.parameters.empty()) return;
  if (rule.weightDecay != 0)
    lists.gradients = at::_foreach_add(lists.gradients, lists.parameters, at::Scalar(rule.weightDecay));
  at::_foreach_mul_(lists.firsts, at::Scalar(rule.beta1));
  at::_foreach_add_(lists.firsts, lists.gradients, at::Scalar(rule.rest1));
  at::_foreach_mul_(lists.seconds, at::Scalar(rule.beta2));
  at::_foreach_addcmul_(lists.seconds, lists.gradients, lists.gradients, at::Scalar(rule.rest2));
  const std::vector<at::Tensor> denominators = at::_foreach_sqrt(lists.seconds);
  at::_foreach_div_(denominators, lists.roots);
  at::_foreach_add_(denominators, at::Scalar(rule.eps));
  at::_foreach_addcdiv_(lists.parameters, lists.firsts, denominators, lists.sizes);
}

template <typename T>
void add(std::vector<Span<T>>& spans, const at::Tensor& parameter, const at::Tensor& gradient, const at::Tensor& first,
         const at::Tensor& second, double size, double root) {
  const int64_t start = spans.empty() ? 0 : spans.back().start + spans.back().count;
  spans.push_back({parameter.data_ptr<T>(), gradient.data_ptr<T>(), first.data_ptr<T>(), second.data_ptr<T>(), start,
                   parameter.numel(), size, root});
}

void adam_(at::TensorList parameters, at::TensorList gradients, at::TensorList firsts, at::TensorList seconds,
           at::ArrayRef<double> sizes, at::ArrayRef<double> roots, double beta1, double beta2, double eps,
           double weightDecay) {
  const size_t count = parameters.size();
  TORCH_CHECK(gradients.size() == count && firsts.size() == count && seconds.size() == count && sizes.size() == count &&
                  roots.size() == count,
              "adam_ needs lists of one length, got ", count, ", ", gradients.size(), ", ", firsts.size(), ", ",
              seconds.size(), ", ", sizes.size(), " and ", roots.size());
  for (size_t i = 0; i < count; ++i)
    for (const at::Tensor& other : {gradients[i], firsts[i], seconds[i]})
      TORCH_CHECK(other.sizes() == parameters[i].sizes(), "adam_: parameter ", i, " has the shape ", parameters[i].sizes(),
                  ", but its gradient or a moment ", other.sizes());
  const Rule rule{beta1, 1 - beta1, beta2, 1 - beta2, eps, weightDecay};
  std::vector<Span<float>> singles;
  std::vector<Span<double>> doubles;
  std::vector<at::Tensor> reordered;
  Lists others;
  for (size_t i = 0; i < count; ++i) {
    const at::Tensor &parameter = parameters[i], &first = firsts[i], &second = seconds[i];
    at::Tensor gradient = gradients[i];
    const auto type = parameter.scalar_type();
    const auto fits = [&](const at::Tensor& tensor) {
      return tensor.device().is_cpu() && tensor.layout() == at::kStrided && tensor.scalar_type() == type;
    };
    if ((type != at::kFloat && type != at::kDouble) || !fits(parameter) || !fits(gradient) || !fits(first) ||
        !fits(second) || !sameOrder(parameter, parameter) || !sameOrder(parameter, first) || !sameOrder(parameter, second)) {
      others.parameters.push_back(parameter);
      others.gradients.push_back(gradient);
      others.firsts.push_back(first);
      others.seconds.push_back(second);
      others.sizes.emplace_back(-sizes[i]);
      others.roots.emplace_back(roots[i]);
      continue;
    }
    TORCH_CHECK(!(at::GradMode::is_enabled() && parameter.requires_grad()), "adam_ changes parameters without a graph");
    if (!sameOrder(parameter, gradient)) {
      gradient = at::empty_like(parameter).copy_(gradient);
      reordered.push_back(gradient);
    }
    if (type == at::kFloat) add(singles, parameter, gradient, first, second, sizes[i], roots[i]);
    else add(doubles, parameter, gradient, first, second, sizes[i], roots[i]);
    for (const at::Tensor& changed : {parameter, first, second}) changed.unsafeGetTensorImpl()->bump_version();
  }
  updateAll(rule, singles);
  updateAll(rule, doubles);
  updateByOperators(rule, others);
}

}  // namespace
}  // namespace gantry

TORCH_LIBRARY_FRAGMENT(gantry, library) {
  library.def(
      "adam_(Tensor(a!)[] parameters, Tensor[] gradients, Tensor(b!)[] exp_avg, Tensor(c!)[] exp_avg_sq, float[] sizes, "
      "float[] roots, float beta1, float beta2, float eps, float weight_decay) -> ()",
      gantry::adam_);
}
