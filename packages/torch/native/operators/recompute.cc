#include "operators/recompute.h"

#include <typeindex>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace gantry {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Node;

std::unordered_map<std::type_index, const Recomputable*>& makers() {
  static auto* const all = new std::unordered_map<std::type_index, const Recomputable*>();
  return *all;
}

/** Null where what made this cannot do it again. */
const Recomputable* makerOf(Node& node) {
  const auto found = makers().find(typeid(node));
  return found != makers().end() && found->second->repeats(node) ? found->second : nullptr;
}

/** As a graph holds it, which differs between versions; a node holds those of its inputs anyway. */
using NodePointer = std::decay_t<decltype(std::declval<const at::Tensor&>().grad_fn())>;

struct Held : torch::CustomClassHolder {
  explicit Held(NodePointer made) : node(std::move(made)) {}
  NodePointer node;
};

constexpr auto kMaker = "maker";

}  // namespace

bool Recomputable::add(const std::type_info& type, const Recomputable* maker) { return makers().emplace(type, maker).second; }

bool repeats(const at::Tensor& image) {
  const auto& node = image.grad_fn();
  return node != nullptr && makerOf(*node) != nullptr;
}

at::Tensor keep(AutogradContext* context, const at::Tensor& image) {
  if (!repeats(image)) return image;
  context->saved_data[kMaker] = c10::IValue::make_capsule(c10::make_intrusive<Held>(image.grad_fn()));
  return at::Tensor();
}

at::Tensor kept(AutogradContext* context, const at::Tensor& saved) {
  if (saved.defined()) return saved;
  const auto held = context->saved_data[kMaker].toCapsule();
  Node& node = *static_cast<const Held&>(*held).node;
  return makerOf(node)->again(node);
}

}  // namespace gantry
