#include "bindings/env.h"

#include <c10/util/Exception.h>

#include <cmath>
#include <limits>

#include "bindings/operator.h"

namespace gantry {

Env::Env() = default;
Env::~Env() = default;

namespace {
thread_local Env* current = nullptr;
}

Env& envOf(napi_env env) {
  if (current != nullptr) return *current;
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  current = static_cast<Env*>(data);
  return *current;
}

at::Tensor& Env::tensor(double handle) {
  at::Tensor* found = tensors.find(handle);
  if (found == nullptr) {
    throw Misuse(
        "the tensor was freed: it belonged to a scope() that has ended, or was disposed; return it from the scope or "
        "keep() it");
  }
  return *found;
}

at::Generator& Env::generator(double handle) {
  at::Generator* found = generators.find(handle);
  if (found == nullptr) throw Misuse("the random generator was freed");
  return *found;
}

void throwAsJs(napi_env env, const std::string& operatorName, const std::string& shapes) {
  std::string message;
  try {
    throw;
  } catch (const PendingException&) {
    return;
  } catch (const Misuse& e) {
    message = e.what();
  } catch (const c10::Error& e) {
    message = e.what_without_backtrace();
  } catch (const std::bad_alloc&) {
    message = "out of memory";
  } catch (const std::exception& e) {
    message = e.what();
  } catch (...) {
    message = "unknown native exception";
  }
  // LibTorch appends its own stack to some messages; the first paragraph is what a person needs.
  const auto stack = message.find("\nException raised from");
  if (stack != std::string::npos) message.resize(stack);
  // So is what an operator that a device lacks is known for: 5000 letters of all the others it knows.
  const auto others = message.find(" This could be because the operator doesn't exist for this backend");
  if (others != std::string::npos) message.resize(others);
  constexpr size_t kMost = 2000;  // lists of a million sizes are printed whole
  if (message.size() > kMost) {
    message.resize(kMost);
    while ((message.back() & 0xC0) == 0x80) message.pop_back();  // in the middle of a letter
    message += "...";
  }
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();

  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return;
  Env& state = envOf(env);
  napi_value args[3] = {fromString(env, message), fromString(env, operatorName), fromString(env, shapes)};
  napi_value constructor, error;
  if (state.errorClass != nullptr && napi_get_reference_value(env, state.errorClass, &constructor) == napi_ok &&
      constructor != nullptr && napi_new_instance(env, constructor, 3, args, &error) == napi_ok) {
    napi_throw(env, error);
  } else {
    napi_throw_error(env, nullptr, message.c_str());
  }
}

Arguments::Arguments(napi_env e, napi_callback_info info) : env(e) {
  napi_get_cb_info(e, info, &count, values, nullptr, nullptr);
}

napi_value Arguments::at(size_t i) const {
  if (i < count && i < kMax) return values[i];
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  return undefined;
}

bool isNullish(napi_env env, napi_value value) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  return type == napi_undefined || type == napi_null;
}

std::string toString(napi_env env, napi_value value, const char* what) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok)
    throw Misuse(std::string(what) + " must be a string");
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

double toDouble(napi_env env, napi_value value, const char* what) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) throw Misuse(std::string(what) + " must be a number");
  return number;
}

int64_t toInt(napi_env env, napi_value value, const char* what) {
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok) {
    if (!(std::fabs(number) <= 9007199254740991.0) || number != std::trunc(number))
      throw Misuse(std::string(what) + " must be an integer, got " + std::to_string(number));
    return static_cast<int64_t>(number);
  }
  int64_t big;
  bool lossless = false;
  if (napi_get_value_bigint_int64(env, value, &big, &lossless) == napi_ok) {
    if (!lossless) throw Misuse(std::string(what) + " does not fit in 64 bits");
    return big;
  }
  throw Misuse(std::string(what) + " must be an integer");
}

bool toBool(napi_env env, napi_value value, const char* what) {
  bool flag;
  if (napi_get_value_bool(env, value, &flag) != napi_ok) throw Misuse(std::string(what) + " must be true or false");
  return flag;
}

uint32_t lengthOf(napi_env env, napi_value array, const char* what) {
  uint32_t length = 0;
  check(env, napi_get_array_length(env, array, &length), what);
  if (length > 1u << 20) throw Misuse(std::string(what) + " is a list of " + std::to_string(length) + " elements");
  return length;
}

std::vector<double> toHandles(napi_env env, napi_value value, const char* what) {
  bool isTyped = false;
  napi_is_typedarray(env, value, &isTyped);
  if (isTyped) {
    napi_typedarray_type type;
    size_t length;
    void* data;
    check(env, napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr), what);
    if (type != napi_float64_array) throw Misuse(std::string(what) + " must be a list of tensors");
    const auto* numbers = static_cast<const double*>(data);
    return {numbers, numbers + length};
  }
  bool isArray = false;
  napi_is_array(env, value, &isArray);
  if (!isArray) throw Misuse(std::string(what) + " must be a list of tensors");
  const uint32_t length = lengthOf(env, value, what);
  std::vector<double> handles;
  handles.reserve(length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value element;
    check(env, napi_get_element(env, value, i, &element), what);
    handles.push_back(isNullish(env, element) ? -1 : toDouble(env, element, what));
  }
  return handles;
}

std::vector<at::Tensor> toTensors(napi_env env, napi_value value, const char* what) {
  Env& state = envOf(env);
  std::vector<at::Tensor> tensors;
  const auto handles = toHandles(env, value, what);
  tensors.reserve(handles.size());
  for (double handle : handles) tensors.push_back(handle == -1 ? at::Tensor() : state.tensor(handle));
  return tensors;
}

napi_value fromDouble(napi_env env, double value) {
  napi_value result;
  check(env, napi_create_double(env, value, &result), "number");
  return result;
}

napi_value fromString(napi_env env, const std::string& value) {
  napi_value result;
  check(env, napi_create_string_utf8(env, value.data(), value.size(), &result), "string");
  return result;
}

napi_value fromBool(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result), "boolean");
  return result;
}

namespace {
struct DtypeName {
  at::ScalarType dtype;
  const char* name;
};
constexpr DtypeName kDtypes[] = {
    {at::kFloat, "float32"}, {at::kDouble, "float64"}, {at::kBFloat16, "bfloat16"}, {at::kLong, "int64"},
    {at::kByte, "uint8"},    {at::kBool, "bool"},      {at::kHalf, "float16"},      {at::kInt, "int32"},
    {at::kShort, "int16"},   {at::kChar, "int8"},
};
}  // namespace

at::ScalarType dtypeFromName(const std::string& name) {
  for (const auto& entry : kDtypes)
    if (name == entry.name) return entry.dtype;
  throw Misuse("unknown dtype '" + name + "': use float32, float64, bfloat16, int64, uint8 or bool");
}

const char* dtypeName(at::ScalarType dtype) {
  for (const auto& entry : kDtypes)
    if (dtype == entry.dtype) return entry.name;
  return c10::toString(dtype);
}

at::Device deviceFromName(const std::string& name) {
  const at::Device device(name);
  if (!device.is_cpu() && !device.is_cuda() && device.type() != at::DeviceType::MPS)
    throw Misuse("device '" + name + "' is not supported: use cpu, cuda, cuda:N or mps");
  return device;
}

std::string shapeText(const at::Tensor& tensor) {
  if (!tensor.defined()) return "undefined";
  std::string text = dtypeName(tensor.scalar_type());
  text += "[";
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    if (i > 0) text += ",";
    text += std::to_string(tensor.size(i));
  }
  return text + "]";
}

void exportFunction(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace gantry
