#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include "bindings/env.h"

namespace gantry {

enum class Kind : uint8_t {
  Tensor, Int, Float, Bool, Scalar, String, Dtype, Layout, MemoryFormat, Device, Generator, Unsupported
};

struct Parameter {
  std::string name;
  Kind kind = Kind::Unsupported;
  bool optional = false;         // the whole argument may be undefined
  bool list = false;
  bool optionalElements = false; // Tensor?[]
  int32_t fixedLength = 0;       // int[2]: one number stands for two
  bool hasDefault = false;
  c10::IValue defaultValue;
};

struct Operator;

/// Throws Misuse for arguments on which the operator's kernel would end the process (bindings/guards.cc says which and why).
using Guard = void (*)(const Operator& op, const torch::jit::Stack& arguments);

/// Which tensors of a call may be on another device than the others (bindings/devices.cc).
enum class Mixing : uint8_t { None, Numbers, Indices, Any };

/// One operator, resolved once: its handle in LibTorch's dispatcher and how to convert each argument.
struct Operator {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<Parameter> parameters;
  bool returnsSelf = false;  // in-place: JavaScript keeps the object it has
  Guard guard = nullptr;     // most operators check their arguments themselves
  Mixing mixing = Mixing::Numbers;
};

}  // namespace gantry
