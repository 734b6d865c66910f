// Images that are cheaper to compute again than to keep: an operator that needs its input for its derivatives keeps how the
// input was made instead, where its maker says that this costs one pass over memory, from what the maker keeps anyway. Between a
// batch norm and a convolution that halves what a graph holds. It also ties them: once a gradient without retainGraph has gone
// through the maker, the input is gone for the operator behind it, too, which is then told that the graph is freed.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

namespace gantry {

/** A node of the graph whose output can be computed again. */
class Recomputable {
 public:
  virtual ~Recomputable() = default;
  virtual bool repeats(torch::autograd::Node& node) const = 0;
  virtual at::Tensor again(torch::autograd::Node& node) const = 0;

  template <typename F>
  static bool add();

 private:
  static bool add(const std::type_info& type, const Recomputable* maker);
};

/**
 * Nodes of the Function F, which has repeats(context), whether this one's output can be computed again, and again(context), the
 * output: with its graph, where gradients are recorded.
 */
template <typename F>
class MakerOf final : public Recomputable {
  static torch::autograd::AutogradContext* context(torch::autograd::Node& node) {
    return &static_cast<torch::autograd::CppNode<typename F::Recorded>&>(node).ctx_;
  }
  bool repeats(torch::autograd::Node& node) const override { return F::repeats(context(node)); }
  at::Tensor again(torch::autograd::Node& node) const override { return F::again(context(node)); }
};

template <typename F>
bool Recomputable::add() {
  return add(typeid(torch::autograd::CppNode<typename F::Recorded>), new MakerOf<F>());
}

/** Can this be computed again? */
bool repeats(const at::Tensor& image);

/** What to save of an input: itself, or nothing where it can be computed again. For one input of a node. */
at::Tensor keep(torch::autograd::AutogradContext* context, const at::Tensor& image);

/** The input, from what keep() had saved. */
at::Tensor kept(torch::autograd::AutogradContext* context, const at::Tensor& saved);

}  // namespace gantry
