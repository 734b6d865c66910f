// Tensors that JavaScript loses outside every scope. V8 sees of each an object of some bytes, so it would collect none of them while
// gigabytes gather behind: it is told of native memory, in steps, and only where no scope is, since what a scope makes it frees.
//
// That a tensor was collected, a FinalizationRegistry says when JavaScript comes to rest, which a loop does not. So there is a weak
// reference to each as well, and after each step those are looked through.
#include <cstdlib>

#include "bindings/env.h"
#include "allocator.h"

namespace gantry {
namespace {

/// Bytes, and parts of what is held, that V8 is told of at a time: it answers large amounts with a collection each.
constexpr int64_t kStep = 8 << 20;
constexpr int64_t kPart = 16;

void forget(napi_env env, Watched& watched) {
  if (watched.object != nullptr) napi_delete_reference(env, watched.object);
  watched = {};
}

/// Frees the tensors whose objects are gone.
void freeLost(napi_env env, Env& state) {
  for (size_t slot = 0; slot < state.watched.size(); ++slot) {
    if (state.watched[slot].object == nullptr) continue;
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    napi_value object = nullptr;
    const napi_status status = napi_get_reference_value(env, state.watched[slot].object, &object);
    napi_close_handle_scope(env, scope);
    if (status == napi_ok && object == nullptr) freeTensor(env, state, state.watched[slot].handle);
  }
}

bool tell(napi_env env, Env& state) {
  const int64_t held = heldMemory();
  if (std::abs(held - state.told) < std::max(kStep, held / kPart)) return false;
  int64_t all;
  napi_adjust_external_memory(env, held - state.told, &all);
  state.told = held;
  return true;
}

/// watch(handle, object | undefined, outside): the tensor is freed when the object is lost, or no more.
napi_value watch(napi_env env, napi_callback_info info) {
  return guarded(env, "watch", [&]() -> napi_value {
    Arguments args(env, info);
    Env& state = envOf(env);
    const double handle = toDouble(env, args.at(0), "tensor");
    if (state.tensors.find(handle) == nullptr) return nullptr;
    const size_t slot = Table<at::Tensor>::slotOf(handle);
    if (slot >= state.watched.size()) state.watched.resize(std::max(slot + 1, 2 * state.watched.size()));
    forget(env, state.watched[slot]);
    if (!isNullish(env, args.at(1))) {
      check(env, napi_create_reference(env, args.at(1), 0, &state.watched[slot].object), "the tensor must be an object");
      state.watched[slot].handle = handle;
    }
    if (toBool(env, args.at(2), "outside")) tellCollector(env, state);
    return nullptr;
  });
}

/// rest() -> whether memory is still kept for the next tensors: it is given back when none were made for a second.
napi_value rest(napi_env env, napi_callback_info) {
  return guarded(env, "rest", [&] { return fromBool(env, restMemory()); });
}

}  // namespace

void tellCollector(napi_env env, Env& state) {
  restMemory();
  if (!tell(env, state)) return;
  freeLost(env, state);
  tell(env, state);
}

void freeTensor(napi_env env, Env& state, double handle) {
  if (!state.tensors.remove(handle)) return;
  const size_t slot = Table<at::Tensor>::slotOf(handle);
  if (slot < state.watched.size()) forget(env, state.watched[slot]);
}

void initCollector(napi_env env, napi_value exports) {
  exportFunction(env, exports, "watch", watch);
  exportFunction(env, exports, "rest", rest);
}

}  // namespace gantry
