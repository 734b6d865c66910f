// The tensors of one call are on one device. LibTorch's operators look at that each in its own way, and some not at all: a kernel
// of the processor's then reads at an address of another device, or at none. So it is said here, before any of them is asked.
#include "bindings/guards.h"

namespace gantry {
namespace {

/// A tensor among the arguments, and how a person would call it: `weight`, or `gradients[2]` of a list.
struct Place {
  const at::Tensor* tensor = nullptr;
  size_t argument = 0;
  int64_t element = -1;
};

std::string textOf(const Operator& op, const Place& place) {
  const std::string& name = op.parameters[place.argument].name;
  return place.element < 0 ? name : name + "[" + std::to_string(place.element) + "]";
}

template <typename F>
void eachTensor(const torch::jit::Stack& arguments, const F& visit) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const c10::IValue& value = arguments[i];
    if (value.isTensor()) {
      const at::Tensor& tensor = value.toTensor();
      if (tensor.defined()) visit(Place{&tensor, i, -1});
    } else if (value.isList()) {
      const auto list = value.toListRef();
      // A list of anything else ends at its first element; one of tensors may have gaps.
      for (size_t k = 0; k < list.size() && (list[k].isTensor() || list[k].isNone()); ++k)
        if (list[k].isTensor() && list[k].toTensor().defined()) visit(Place{&list[k].toTensor(), i, static_cast<int64_t>(k)});
    }
  }
}

bool isNumber(const at::Tensor& tensor) { return tensor.dim() == 0 && tensor.device().is_cpu(); }

}  // namespace

Mixing mixingOf(const std::string& name) {
  if (name.rfind("gantry::", 0) == 0) return Mixing::None;
  // It is how numbers get from one device to another.
  if (name == "aten::copy_") return Mixing::Any;
  // Indices may be the processor's: LibTorch brings them over.
  if (name == "aten::index") return Mixing::Indices;
  return Mixing::Numbers;
}

void checkDevices(const Operator& op, const torch::jit::Stack& arguments) {
  if (op.mixing == Mixing::Any) return;
  Place first;
  eachTensor(arguments, [&](const Place& place) {
    if (op.mixing == Mixing::Indices && place.argument > 0 && place.tensor->device().is_cpu()) return;
    if (first.tensor == nullptr || (op.mixing != Mixing::None && isNumber(*first.tensor))) {
      first = place;
      return;
    }
    if (place.tensor->device() == first.tensor->device()) return;
    if (op.mixing != Mixing::None && isNumber(*place.tensor)) return;
    throw Misuse(textOf(op, first) + " is on " + first.tensor->device().str() + ", " + textOf(op, place) + " on " +
                 place.tensor->device().str() + ": bring them to one device, with to({ device })");
  });
}

}  // namespace gantry
