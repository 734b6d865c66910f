// Tensors whose numbers lie in memory. LibTorch's derivatives also make others: a derivative known to be zero, without memory (of
// the sign in abs, say); the gradient of an embedding as a list of its rows (sparse); a sign or a conjugation that is yet to be
// applied. Its own operators see to them, kernels that go by a pointer must not meet them.
//
// Whatever comes from the graph comes in by one of two ways: to a Function below as a gradient, to JavaScript by grad().
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <utility>

namespace gantry {

inline bool isPlain(const at::Tensor& tensor) {
  return !tensor.defined() ||
         (tensor.layout() == at::kStrided && !tensor._is_zerotensor() && !tensor.is_conj() && !tensor.is_neg());
}

/** The same numbers, in memory; with their graph, where there is one. */
inline at::Tensor plain(const at::Tensor& tensor) {
  if (isPlain(tensor)) return tensor;
  if (tensor.layout() != at::kStrided) return tensor.to_dense();
  if (tensor._is_zerotensor()) return tensor.requires_grad() ? tensor.clone() : at::zeros(tensor.sizes(), tensor.options());
  return tensor.resolve_conj().resolve_neg();
}

/** As torch::autograd::Function, of which backward() is given plain gradients. */
template <typename F>
struct Function {
  struct Recorded : torch::autograd::Function<Recorded> {
    template <typename... Given>
    static auto forward(torch::autograd::AutogradContext* context, Given&&... given) {
      return F::forward(context, std::forward<Given>(given)...);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
      // No copy where none is needed: who counts the owners of a gradient knows whether it may be written over.
      if (std::all_of(gradients.begin(), gradients.end(), isPlain)) return F::backward(context, gradients);
      torch::autograd::variable_list made;
      for (const at::Tensor& gradient : gradients) made.push_back(plain(gradient));
      return F::backward(context, made);
    }
  };

  template <typename... Given>
  static auto apply(Given&&... given) {
    return Recorded::apply(std::forward<Given>(given)...);
  }
};

}  // namespace gantry
