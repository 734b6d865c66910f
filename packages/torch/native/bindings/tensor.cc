// Tensors as handles: made from and copied to typed arrays, asked about themselves, freed.
#include <ATen/core/grad_mode.h>

#include <cstring>
#include <unordered_set>

#include "bindings/env.h"

namespace gantry {
namespace {

std::vector<int64_t> toShape(napi_env env, napi_value value) {
  bool isArray = false;
  napi_is_array(env, value, &isArray);
  if (!isArray) throw Misuse("shape must be a list of integers");
  const uint32_t length = lengthOf(env, value, "shape");
  std::vector<int64_t> shape(length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value element;
    check(env, napi_get_element(env, value, i, &element), "shape");
    shape[i] = toInt(env, element, "shape");
    if (shape[i] < 0) throw Misuse("shape must not be negative, got " + std::to_string(shape[i]));
  }
  return shape;
}

napi_value fromShape(napi_env env, at::IntArrayRef shape) {
  napi_value result;
  check(env, napi_create_array_with_length(env, shape.size(), &result), "shape");
  for (size_t i = 0; i < shape.size(); ++i)
    napi_set_element(env, result, i, fromDouble(env, static_cast<double>(shape[i])));
  return result;
}

struct Bytes {
  char* data;
  size_t length;
};

Bytes toBytes(napi_env env, napi_value value) {
  bool isTyped = false;
  napi_is_typedarray(env, value, &isTyped);
  if (!isTyped) throw Misuse("data must be a typed array");
  napi_typedarray_type type;
  size_t length;
  void* data;
  check(env, napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr), "data");
  size_t width = 1;
  switch (type) {
    case napi_int16_array: case napi_uint16_array: width = 2; break;
    case napi_int32_array: case napi_uint32_array: case napi_float32_array: width = 4; break;
    case napi_float64_array: case napi_bigint64_array: case napi_biguint64_array: width = 8; break;
    default: break;
  }
  return {static_cast<char*>(data), length * width};
}

/// fromBytes(typedArray, shape, dtype) -> handle. One copy, into memory LibTorch owns.
napi_value fromBytes(napi_env env, napi_callback_info info) {
  return guarded(env, "tensor", [&] {
    Arguments args(env, info);
    const auto shape = toShape(env, args.at(1));
    const auto dtype = dtypeFromName(toString(env, args.at(2), "dtype"));
    // Behind all that may run JavaScript (a shape's getters), which could take the memory away.
    const Bytes bytes = toBytes(env, args.at(0));
    double elements = 1;
    for (const int64_t size : shape) elements *= static_cast<double>(size);
    const double wanted = elements * static_cast<double>(c10::elementSize(dtype));
    if (wanted != static_cast<double>(bytes.length)) {
      throw Misuse("shape needs " + std::to_string(static_cast<long long>(wanted)) + " bytes of " + dtypeName(dtype) +
                   ", the data has " + std::to_string(bytes.length));
    }
    at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(dtype));
    if (bytes.length > 0) std::memcpy(tensor.data_ptr(), bytes.data, bytes.length);
    return fromDouble(env, envOf(env).tensors.add(std::move(tensor)));
  });
}

void needNumbers(const at::Tensor& tensor) {
  if (tensor.is_meta()) throw Misuse("the tensor is on the device meta, which keeps shapes and no numbers: " + shapeText(tensor));
}

/// copyTo(handle, typedArray): the tensor's elements in row-major order. One copy where it is contiguous on the CPU.
napi_value copyTo(napi_env env, napi_callback_info info) {
  return guarded(env, "copyTo", [&] {
    Arguments args(env, info);
    at::NoGradGuard noGrad;
    at::Tensor tensor = envOf(env).tensor(toDouble(env, args.at(0), "tensor")).detach();
    needNumbers(tensor);
    tensor = tensor.to(at::kCPU).contiguous();
    const Bytes bytes = toBytes(env, args.at(1));
    if (bytes.length != static_cast<size_t>(tensor.nbytes()))
      throw Misuse("the typed array has " + std::to_string(bytes.length) + " bytes, the tensor " +
                   std::to_string(tensor.nbytes()));
    if (bytes.length > 0) std::memcpy(bytes.data, tensor.data_ptr(), bytes.length);
    return nullptr;
  });
}

napi_value item(napi_env env, napi_callback_info info) {
  return guarded(env, "item", [&] {
    Arguments args(env, info);
    const at::Tensor& tensor = envOf(env).tensor(toDouble(env, args.at(0), "tensor"));
    if (tensor.numel() != 1) throw Misuse("item() needs a tensor of one element, got " + shapeText(tensor));
    needNumbers(tensor);
    return fromDouble(env, tensor.item().toDouble());
  });
}

template <typename F>
napi_value ask(napi_env env, napi_callback_info info, const char* name, F answer) {
  return guarded(env, name, [&] {
    Arguments args(env, info);
    return answer(envOf(env).tensor(toDouble(env, args.at(0), "tensor")), args);
  });
}

napi_value shape(napi_env env, napi_callback_info info) {
  return ask(env, info, "shape", [&](at::Tensor& t, Arguments&) { return fromShape(env, t.sizes()); });
}
napi_value strides(napi_env env, napi_callback_info info) {
  return ask(env, info, "strides", [&](at::Tensor& t, Arguments&) { return fromShape(env, t.strides()); });
}
napi_value dtype(napi_env env, napi_callback_info info) {
  return ask(env, info, "dtype", [&](at::Tensor& t, Arguments&) { return fromString(env, dtypeName(t.scalar_type())); });
}
napi_value device(napi_env env, napi_callback_info info) {
  return ask(env, info, "device", [&](at::Tensor& t, Arguments&) { return fromString(env, t.device().str()); });
}
napi_value requiresGrad(napi_env env, napi_callback_info info) {
  return ask(env, info, "requiresGrad", [&](at::Tensor& t, Arguments&) { return fromBool(env, t.requires_grad()); });
}
napi_value setRequiresGrad(napi_env env, napi_callback_info info) {
  return ask(env, info, "setRequiresGrad", [&](at::Tensor& t, Arguments& args) -> napi_value {
    t.set_requires_grad(toBool(env, args.at(1), "requiresGrad"));
    return nullptr;
  });
}
napi_value isLeaf(napi_env env, napi_callback_info info) {
  return ask(env, info, "isLeaf", [&](at::Tensor& t, Arguments&) { return fromBool(env, t.is_leaf()); });
}
napi_value isContiguous(napi_env env, napi_callback_info info) {
  return ask(env, info, "isContiguous", [&](at::Tensor& t, Arguments& args) {
    const bool channelsLast = toString(env, args.at(1), "memory format") == "channelsLast";
    return fromBool(env, t.is_contiguous(channelsLast ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous));
  });
}
/// A second handle to the same tensor: same storage, same place in the autograd graph.
napi_value alias(napi_env env, napi_callback_info info) {
  return ask(env, info, "alias", [&](at::Tensor& t, Arguments&) {
    at::Tensor same = t;  // the table may move while it grows
    return fromDouble(env, envOf(env).tensors.add(std::move(same)));
  });
}
/// assign(handle, other): the first handle now means the second's tensor.
napi_value assign(napi_env env, napi_callback_info info) {
  return ask(env, info, "assign", [&](at::Tensor& t, Arguments& args) -> napi_value {
    t = at::Tensor(envOf(env).tensor(toDouble(env, args.at(1), "tensor")));
    return nullptr;
  });
}

/// free(handle | handles, outside): unknown and stale handles are ignored, so freeing twice is harmless.
napi_value freeTensors(napi_env env, napi_callback_info info) {
  return guarded(env, "free", [&]() -> napi_value {
    Arguments args(env, info);
    Env& state = envOf(env);
    double one;
    if (args.count > 0 && napi_get_value_double(env, args.values[0], &one) == napi_ok) {
      freeTensor(env, state, one);
    } else {
      for (const double handle : toHandles(env, args.at(0), "tensors")) freeTensor(env, state, handle);
    }
    if (args.count > 1 && toBool(env, args.at(1), "outside")) tellCollector(env, state);
    return nullptr;
  });
}

napi_value liveCount(napi_env env, napi_callback_info) {
  return guarded(env, "liveCount", [&] { return fromDouble(env, static_cast<double>(envOf(env).tensors.live())); });
}

/// Bytes of the distinct storages that live handles hold. What only an autograd graph holds is not counted.
napi_value liveBytes(napi_env env, napi_callback_info) {
  return guarded(env, "liveBytes", [&] {
    std::unordered_set<void*> seen;
    double bytes = 0;
    envOf(env).tensors.each([&](at::Tensor& t) {
      if (!t.defined() || !t.has_storage() || t.is_meta()) return;
      if (seen.insert(t.storage().unsafeGetStorageImpl()).second) bytes += static_cast<double>(t.storage().nbytes());
    });
    return fromDouble(env, bytes);
  });
}

}  // namespace

void initTensor(napi_env env, napi_value exports) {
  exportFunction(env, exports, "fromBytes", fromBytes);
  exportFunction(env, exports, "copyTo", copyTo);
  exportFunction(env, exports, "item", item);
  exportFunction(env, exports, "shape", shape);
  exportFunction(env, exports, "strides", strides);
  exportFunction(env, exports, "dtype", dtype);
  exportFunction(env, exports, "device", device);
  exportFunction(env, exports, "requiresGrad", requiresGrad);
  exportFunction(env, exports, "setRequiresGrad", setRequiresGrad);
  exportFunction(env, exports, "isLeaf", isLeaf);
  exportFunction(env, exports, "isContiguous", isContiguous);
  exportFunction(env, exports, "alias", alias);
  exportFunction(env, exports, "assign", assign);
  exportFunction(env, exports, "free", freeTensors);
  exportFunction(env, exports, "liveCount", liveCount);
  exportFunction(env, exports, "liveBytes", liveBytes);
}

}  // namespace gantry
