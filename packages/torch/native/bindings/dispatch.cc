// Any operator of LibTorch's dispatcher, by schema name, through one boxed call.
//
// resolve(name, overload) -> index, once an operator; call(index, ...arguments) -> result. Arguments arrive in schema
// order; undefined takes the schema's default. Tensors are handles (numbers). In-place operators return undefined.
#include "bindings/operator.h"

#include <c10/core/MemoryFormat.h>

#include <cmath>

#include "bindings/guards.h"
#include "torch_compat.h"

namespace gantry {
namespace {

Kind kindOf(const c10::TypePtr& type, const std::string& name) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType: return Kind::Tensor;
    case c10::TypeKind::FloatType: return Kind::Float;
    case c10::TypeKind::BoolType: return Kind::Bool;
    case c10::TypeKind::NumberType: return Kind::Scalar;
    case c10::TypeKind::StringType: return Kind::String;
    case c10::TypeKind::DeviceObjType: return Kind::Device;
    case c10::TypeKind::GeneratorType: return Kind::Generator;
    case c10::TypeKind::SymIntType: return Kind::Int;
    // Data types, layouts and memory formats are integers to the boxed dispatcher; their name tells them apart in
    // every LibTorch version, the "real type" only in some.
    case c10::TypeKind::IntType:
      if (name == "dtype") return Kind::Dtype;
      if (name == "layout") return Kind::Layout;
      if (name == "memory_format") return Kind::MemoryFormat;
      return Kind::Int;
    case c10::TypeKind::ScalarTypeType: return Kind::Dtype;
    case c10::TypeKind::LayoutType: return Kind::Layout;
    case c10::TypeKind::MemoryFormatType: return Kind::MemoryFormat;
    default: return Kind::Unsupported;
  }
}

Parameter parameterOf(const c10::Argument& argument) {
  Parameter p;
  p.name = argument.name();
  c10::TypePtr type = argument.type();
  if (auto optional = type->cast<c10::OptionalType>()) {
    p.optional = true;
    type = optional->getElementType();
  }
  if (auto list = type->cast<c10::ListType>()) {
    p.list = true;
    type = list->getElementType();
    if (auto element = type->cast<c10::OptionalType>()) {
      p.optionalElements = true;
      type = element->getElementType();
    }
    if (argument.N()) p.fixedLength = *argument.N();
  }
  p.kind = kindOf(type, p.name);
  if (argument.default_value()) {
    p.hasDefault = true;
    p.defaultValue = *argument.default_value();
  }
  return p;
}

at::Scalar toScalar(napi_env env, napi_value value, const char* what) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  if (type == napi_boolean) return at::Scalar(toBool(env, value, what));
  if (type == napi_bigint) return at::Scalar(toInt(env, value, what));
  if (type != napi_number) throw Misuse(std::string(what) + " must be a number");
  const double number = toDouble(env, value, what);
  // As in Python, 2 leaves an integer tensor integral and 2.5 does not. Past 2^53 a double is no exact integer.
  if (std::fabs(number) <= 9007199254740991.0 && number == std::trunc(number))
    return at::Scalar(static_cast<int64_t>(number));
  return at::Scalar(number);
}

int64_t memoryFormat(const std::string& name) {
  if (name == "contiguous") return static_cast<int64_t>(at::MemoryFormat::Contiguous);
  if (name == "channelsLast") return static_cast<int64_t>(at::MemoryFormat::ChannelsLast);
  if (name == "preserve") return static_cast<int64_t>(at::MemoryFormat::Preserve);
  throw Misuse("unknown memory format '" + name + "': use contiguous, channelsLast or preserve");
}

c10::IValue convertOne(napi_env env, Env& state, const Parameter& p, napi_value value) {
  const char* what = p.name.c_str();
  switch (p.kind) {
    case Kind::Tensor: return state.tensor(toDouble(env, value, what));
    case Kind::Int: return toInt(env, value, what);
    case Kind::Float: return toDouble(env, value, what);
    case Kind::Bool: return toBool(env, value, what);
    case Kind::Scalar: return toScalar(env, value, what);
    case Kind::String: return toString(env, value, what);
    case Kind::Dtype: return static_cast<int64_t>(dtypeFromName(toString(env, value, what)));
    case Kind::Layout: {
      if (toString(env, value, what) != "strided") throw Misuse("layout must be strided");
      return static_cast<int64_t>(at::kStrided);
    }
    case Kind::MemoryFormat: return memoryFormat(toString(env, value, what));
    case Kind::Device: {
      const std::string name = toString(env, value, what);
      // Tensors that have shapes and no numbers: for operators alone, nothing is computed or drawn there.
      return name == "meta" ? at::Device(at::kMeta) : deviceFromName(name);
    }
    case Kind::Generator: return state.generator(toDouble(env, value, what));
    case Kind::Unsupported: break;
  }
  throw Misuse("argument '" + p.name + "' is of a kind that cannot be passed from JavaScript");
}

template <typename T, typename F>
c10::List<T> convertElements(napi_env env, const Parameter& p, napi_value value, F convert) {
  c10::List<T> list;
  bool isArray = false;
  napi_is_array(env, value, &isArray);
  if (!isArray) {
    // int[2] given as one number, as Python allows.
    napi_valuetype type;
    napi_typeof(env, value, &type);
    if (p.fixedLength > 0 && (type == napi_number || type == napi_bigint || type == napi_boolean)) {
      const T element = convert(value);
      for (int32_t i = 0; i < p.fixedLength; ++i) list.push_back(element);
      return list;
    }
    throw Misuse(p.name + " must be a list");
  }
  const uint32_t length = lengthOf(env, value, p.name.c_str());
  list.reserve(length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value element;
    check(env, napi_get_element(env, value, i, &element), p.name.c_str());
    list.push_back(convert(element));
  }
  return list;
}

c10::IValue convertList(napi_env env, Env& state, const Parameter& p, napi_value value) {
  const char* what = p.name.c_str();
  switch (p.kind) {
    case Kind::Tensor: {
      const auto handles = toHandles(env, value, what);
      if (p.optionalElements) {
        c10::List<Optional<at::Tensor>> list;
        list.reserve(handles.size());
        for (double handle : handles) {
          if (handle == -1) list.push_back(Optional<at::Tensor>());
          else list.push_back(Optional<at::Tensor>(state.tensor(handle)));
        }
        return list;
      }
      c10::List<at::Tensor> list;
      list.reserve(handles.size());
      for (double handle : handles) list.push_back(state.tensor(handle));
      return list;
    }
    case Kind::Int:
      return convertElements<int64_t>(env, p, value, [&](napi_value v) { return toInt(env, v, what); });
    case Kind::Float:
      return convertElements<double>(env, p, value, [&](napi_value v) { return toDouble(env, v, what); });
    case Kind::Bool:
      return convertElements<bool>(env, p, value, [&](napi_value v) { return toBool(env, v, what); });
    case Kind::Scalar:
      return convertElements<at::Scalar>(env, p, value, [&](napi_value v) { return toScalar(env, v, what); });
    case Kind::String:
      return convertElements<std::string>(env, p, value, [&](napi_value v) { return toString(env, v, what); });
    default: throw Misuse("argument '" + p.name + "' is a list of a kind that cannot be passed from JavaScript");
  }
}

c10::IValue convert(napi_env env, Env& state, const Parameter& p, napi_value value) {
  if (isNullish(env, value)) {
    if (p.hasDefault) return p.defaultValue;
    if (p.optional) return c10::IValue();
    throw Misuse("argument '" + p.name + "' is missing");
  }
  return p.list ? convertList(env, state, p, value) : convertOne(env, state, p, value);
}

napi_value toJs(napi_env env, Env& state, const c10::IValue& value) {
  napi_value result;
  if (value.isTensor()) {
    checkSizes(value.toTensor());
    if (value.toTensor().defined()) return fromDouble(env, state.tensors.add(value.toTensor()));
    check(env, napi_get_null(env, &result), "null");
    return result;
  }
  if (value.isNone()) {
    check(env, napi_get_null(env, &result), "null");
    return result;
  }
  if (value.isDouble()) return fromDouble(env, value.toDouble());
  if (value.isInt()) return fromDouble(env, static_cast<double>(value.toInt()));
  if (value.isBool()) return fromBool(env, value.toBool());
  if (value.isString()) return fromString(env, value.toStringRef());
  if (value.isScalar()) return fromDouble(env, value.toScalar().toDouble());
  if (value.isTensorList()) {
    const auto list = value.toTensorVector();
    check(env, napi_create_array_with_length(env, list.size(), &result), "list");
    for (size_t i = 0; i < list.size(); ++i) napi_set_element(env, result, i, toJs(env, state, list[i]));
    return result;
  }
  if (value.isList() || value.isTuple()) {
    std::vector<c10::IValue> elements;
    if (value.isList()) {
      for (const c10::IValue& element : value.toListRef()) elements.push_back(element);
    } else {
      elements = value.toTupleRef().elements().vec();
    }
    check(env, napi_create_array_with_length(env, elements.size(), &result), "list");
    for (size_t i = 0; i < elements.size(); ++i) napi_set_element(env, result, i, toJs(env, state, elements[i]));
    return result;
  }
  throw Misuse("the operator returned a value that cannot be passed to JavaScript");
}

std::string shapesOf(const torch::jit::Stack& stack) {
  std::string text;
  const auto append = [&](const at::Tensor& tensor) {
    if (text.size() > 400) return;
    if (!text.empty()) text += ", ";
    text += shapeText(tensor);
  };
  for (const auto& value : stack) {
    if (value.isTensor()) append(value.toTensor());
    else if (value.isTensorList())
      for (const auto& tensor : value.toTensorVector()) append(tensor);
  }
  return text;
}

napi_value resolve(napi_env env, napi_callback_info info) {
  return guarded(env, "resolve", [&] {
    Arguments args(env, info);
    Env& state = envOf(env);
    const std::string name = toString(env, args.at(0), "operator name");
    const std::string overload = toString(env, args.at(1), "overload name");
    const std::string full = overload.empty() ? name : name + "." + overload;
    const auto known = state.operatorIndex.find(full);
    if (known != state.operatorIndex.end()) return fromDouble(env, known->second);
    auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!handle) throw Misuse("this LibTorch has no operator " + full);
    auto op = std::make_unique<Operator>(Operator{*handle, full, {}, false, guardOf(name), mixingOf(name)});
    const auto& schema = handle->schema();
    for (const auto& argument : schema.arguments()) op->parameters.push_back(parameterOf(argument));
    if (schema.returns().size() == 1 && !schema.arguments().empty()) {
      const auto* returned = schema.returns()[0].alias_info();
      const auto* self = schema.arguments()[0].alias_info();
      op->returnsSelf = returned != nullptr && returned->isWrite() && self != nullptr && self->isWrite() &&
                        returned->beforeSets() == self->beforeSets();
    }
    const auto index = static_cast<uint32_t>(state.operators.size());
    state.operators.push_back(std::move(op));
    state.operatorIndex.emplace(full, index);
    return fromDouble(env, index);
  });
}

napi_value call(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  Env& state = envOf(env);
  uint32_t index = 0;
  Operator* op = nullptr;
  torch::jit::Stack stack;
  try {
    if (args.count == 0 || napi_get_value_uint32(env, args.values[0], &index) != napi_ok ||
        index >= state.operators.size())
      throw Misuse("call() needs an operator resolved before");
    op = state.operators[index].get();
    const size_t given = args.count - 1;
    if (given > op->parameters.size()) {
      throw Misuse("takes " + std::to_string(op->parameters.size()) + " arguments, got " + std::to_string(given));
    }
    stack.reserve(op->parameters.size() + 1);
    for (size_t i = 0; i < op->parameters.size(); ++i)
      stack.push_back(convert(env, state, op->parameters[i], args.at(i + 1)));
    checkDevices(*op, stack);
    if (op->guard != nullptr) op->guard(*op, stack);
    op->handle.callBoxed(&stack);
    napi_value result = nullptr;
    if (op->returnsSelf || stack.empty()) {
      napi_get_undefined(env, &result);
      return result;
    }
    if (stack.size() == 1) return toJs(env, state, stack[0]);
    check(env, napi_create_array_with_length(env, stack.size(), &result), "list");
    for (size_t i = 0; i < stack.size(); ++i) napi_set_element(env, result, i, toJs(env, state, stack[i]));
    return result;
  } catch (...) {
    // Shapes are read from what had been converted; callBoxed may already have consumed the stack.
    std::string shapes = shapesOf(stack);
    if (shapes.empty() && op != nullptr) {
      torch::jit::Stack again;
      for (size_t i = 0; i < op->parameters.size(); ++i) {
        if (op->parameters[i].kind != Kind::Tensor) continue;
        try {
          again.push_back(convert(env, state, op->parameters[i], args.at(i + 1)));
        } catch (...) {
          bool pending = false;
          napi_is_exception_pending(env, &pending);
          if (pending) break;
        }
      }
      shapes = shapesOf(again);
    }
    throwAsJs(env, op == nullptr ? "call" : op->name, shapes);
    return nullptr;
  }
}

/// schemas(name) -> every schema of that operator name, as LibTorch prints them.
napi_value schemas(napi_env env, napi_callback_info info) {
  return guarded(env, "schemas", [&] {
    Arguments args(env, info);
    const std::string wanted = toString(env, args.at(0), "operator name");
    napi_value result;
    napi_create_array(env, &result);
    uint32_t i = 0;
    for (const auto& name : c10::Dispatcher::singleton().getAllOpNames()) {
      if (name.name != wanted) continue;
      if (auto handle = c10::Dispatcher::singleton().findSchema(name))
        napi_set_element(env, result, i++, fromString(env, c10::toString(handle->schema())));
    }
    return result;
  });
}

}  // namespace

void initDispatch(napi_env env, napi_value exports) {
  exportFunction(env, exports, "resolve", resolve);
  exportFunction(env, exports, "call", call);
  exportFunction(env, exports, "schemas", schemas);
}

}  // namespace gantry
