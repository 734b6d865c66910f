// Gradients as values: LibTorch's autograd engine, asked for named inputs; nothing is accumulated into fields.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "bindings/env.h"
#include "plain.h"

namespace gantry {
namespace {

/// grad(outputs, inputs, gradOutputs | undefined, retainGraph, createGraph, allowUnused) -> (handle | null)[]
napi_value grad(napi_env env, napi_callback_info info) {
  return guarded(env, "grad", [&] {
    Arguments args(env, info);
    Env& state = envOf(env);
    const auto outputs = toTensors(env, args.at(0), "outputs");
    const auto inputs = toTensors(env, args.at(1), "inputs");
    torch::autograd::variable_list gradOutputs;
    if (!isNullish(env, args.at(2))) gradOutputs = toTensors(env, args.at(2), "gradOutputs");
    for (const auto& output : outputs) {
      if (!output.defined()) throw Misuse("outputs must be tensors");
      if (gradOutputs.empty() && output.numel() != 1)
        throw Misuse("grad() of a tensor that is not a single number needs gradOutputs; the output is " + shapeText(output));
      if (!output.requires_grad())
        throw Misuse("the output does not depend on any parameter (it was made under noGrad or detached): " + shapeText(output));
    }
    for (size_t i = 0; i < std::min(outputs.size(), gradOutputs.size()); ++i)
      if (gradOutputs[i].defined() && gradOutputs[i].device() != outputs[i].device()) {
        const std::string place = "[" + std::to_string(i) + "]";
        throw Misuse("gradOutputs" + place + " is on " + gradOutputs[i].device().str() + ", outputs" + place + " on " +
                     outputs[i].device().str() + ": bring them to one device, with to({ device })");
      }
    for (const auto& input : inputs) {
      if (!input.defined()) throw Misuse("inputs must be tensors");
      if (!input.requires_grad()) throw Misuse("an input does not require grad: " + shapeText(input));
    }
    const auto gradients =
        torch::autograd::grad(outputs, inputs, gradOutputs, toBool(env, args.at(3), "retainGraph"),
                              toBool(env, args.at(4), "createGraph"), toBool(env, args.at(5), "allowUnused"));
    napi_value result;
    check(env, napi_create_array_with_length(env, gradients.size(), &result), "gradients");
    for (size_t i = 0; i < gradients.size(); ++i) {
      napi_value element;
      if (gradients[i].defined()) element = fromDouble(env, state.tensors.add(plain(gradients[i])));
      else napi_get_null(env, &element);
      napi_set_element(env, result, i, element);
    }
    return result;
  });
}

/// setGradEnabled(flag) -> what it was before.
napi_value setGradEnabled(napi_env env, napi_callback_info info) {
  return guarded(env, "setGradEnabled", [&] {
    Arguments args(env, info);
    const bool before = at::GradMode::is_enabled();
    at::GradMode::set_enabled(toBool(env, args.at(0), "enabled"));
    return fromBool(env, before);
  });
}

}  // namespace

void initAutograd(napi_env env, napi_value exports) {
  exportFunction(env, exports, "grad", grad);
  exportFunction(env, exports, "setGradEnabled", setGradEnabled);
}

}  // namespace gantry
