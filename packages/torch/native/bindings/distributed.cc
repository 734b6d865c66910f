// Several processes as one: c10d's store, at which they meet, and its process groups, by which they add up tensors. Compiled
// where gloo's headers are (Debian: libgloo-dev); elsewhere hasGroups() is false.
//
// Sums are all there is, of float32, float64, int64 and uint8: LibTorch 1.13 ends the process on averages and on bfloat16.
#include <torch/version.h>

#ifdef GANTRY_GLOO
#define USE_C10D_GLOO 1
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif
// For CUDA. GANTRY_WITH_NCCL=1 at the build asks for it; nobody has run it.
#if defined(GANTRY_NCCL) && defined(GANTRY_GLOO)
#define USE_C10D_NCCL 1
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "bindings/env.h"
#include "plain.h"

namespace gantry {
namespace {

/// Work that waits for others: done in a thread of Node's, and told by a promise. Node's loop goes on meanwhile.
struct Job {
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  const char* name;
  std::function<void()> run;
  std::exception_ptr failure;
};

napi_value promise(napi_env env, const char* name, std::function<void()> run) {
  auto job = std::make_unique<Job>();
  job->name = name;
  job->run = std::move(run);
  napi_value made;
  check(env, napi_create_promise(env, &job->deferred, &made), name);
  const auto execute = [](napi_env, void* data) {
    auto* job = static_cast<Job*>(data);
    try {
      job->run();
    } catch (...) {
      job->failure = std::current_exception();
    }
  };
  const auto complete = [](napi_env env, napi_status, void* data) {
    const std::unique_ptr<Job> job(static_cast<Job*>(data));
    napi_delete_async_work(env, job->work);
    napi_value result;
    if (job->failure == nullptr) {
      napi_get_undefined(env, &result);
      napi_resolve_deferred(env, job->deferred, result);
      return;
    }
    try {
      std::rethrow_exception(job->failure);
    } catch (...) {
      throwAsJs(env, job->name, "");
    }
    napi_get_and_clear_last_exception(env, &result);
    napi_reject_deferred(env, job->deferred, result);
  };
  check(env, napi_create_async_work(env, nullptr, fromString(env, name), execute, complete, job.get(), &job->work), name);
  check(env, napi_queue_async_work(env, job->work), name);
  job.release();
  return made;
}

#ifdef GANTRY_GLOO

#if TORCH_VERSION_MAJOR >= 2
using Group = c10d::Backend;
#else
using Group = c10d::ProcessGroup;
#endif

/// The one group that this process is in.
struct Membership {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<Group> gloo;
#ifdef GANTRY_NCCL
  c10::intrusive_ptr<Group> nccl;
#endif
  int rank = 0;
  int size = 1;
};

std::shared_ptr<Membership> membership;

std::shared_ptr<Membership> joined() {
  const auto found = std::atomic_load(&membership);
  if (found == nullptr) throw Misuse("this process is in no group: join one first");
  return found;
}

struct Place {
  std::string host, address, interface, prefix;
  int64_t port, rank, size, patience, timeout;
  bool serves;
};

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

milliseconds left(Clock::time_point end) {
  return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(end - Clock::now()));
}

std::string described(int64_t rank) { return "rank " + std::to_string(rank); }

/// Says at the store who this is, and hears who the others are.
void meet(const c10::intrusive_ptr<c10d::Store>& store, const Place& place, Clock::time_point end) {
  const std::string self = std::string(TORCH_VERSION) + "/" + std::to_string(place.size);
  const auto key = [](int64_t rank) { return "member/" + std::to_string(rank); };
  if (store->add("count/" + std::to_string(place.rank), 1) > 1)
    throw Misuse("two processes call themselves " + described(place.rank) + ": give each a rank of its own");
  store->set(key(place.rank), std::vector<uint8_t>(self.begin(), self.end()));
  for (int64_t rank = 0; rank < place.size; ++rank) {
    try {
      store->wait({key(rank)}, left(end));
    } catch (const std::exception&) {
      throw Misuse(described(rank) + " did not come to " + place.host + ":" + std::to_string(place.port) + " within " +
                   std::to_string(place.patience / 1000) + " s");
    }
    const auto bytes = store->get(key(rank));
    const std::string other(bytes.begin(), bytes.end());
    if (other != self) {
      const auto words = [](const std::string& text) {
        const auto slash = text.find('/');
        return "LibTorch " + text.substr(0, slash) + " in a group of " + text.substr(slash + 1);
      };
      throw Misuse(described(rank) + " has " + words(other) + ", and " + described(place.rank) + " has " + words(self) +
                   ": all processes need the same");
    }
  }
}

std::string otherVersion(const Place& place) {
  return "the store at " + place.host + ":" + std::to_string(place.port) + " does not speak as LibTorch " TORCH_VERSION
         "'s does: it is another version's, as of a torchrun of another PyTorch";
}

void joinNow(const Place& place) {
  const auto end = Clock::now() + milliseconds(place.patience);
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(place.port);
  options.isServer = place.serves;
  options.waitWorkers = false;
  options.timeout = milliseconds(place.patience);
  c10::intrusive_ptr<c10d::Store> tcp;
  try {
    tcp = c10::make_intrusive<c10d::TCPStore>(place.host, options);
  } catch (const std::exception& error) {
    const std::string where = place.host + ":" + std::to_string(place.port);
    const std::string why = error.what();
    if (place.serves && why.find("address already in use") != std::string::npos)
      throw Misuse("port " + std::to_string(place.port) + " is in use already: take another by MASTER_PORT");
    if (place.serves) throw Misuse("no store could be opened at " + where + ": is that an address of this machine?");
    throw Misuse("no store of LibTorch " TORCH_VERSION " answers at " + where + ": is rank 0 there, and of the same version?");
  }
  auto store = c10::make_intrusive<c10d::PrefixStore>(place.prefix, tcp);
  try {
    meet(store, place, end);
  } catch (const Misuse&) {
    throw;
  } catch (const std::exception&) {
    throw Misuse(otherVersion(place));
  }
  auto made = std::make_shared<Membership>();
  made->store = store;
  made->rank = static_cast<int>(place.rank);
  made->size = static_cast<int>(place.size);
  auto how = c10d::ProcessGroupGloo::Options::create(milliseconds(place.timeout));
  how->devices.push_back(place.interface.empty() ? c10d::ProcessGroupGloo::createDeviceForHostname(place.address)
                                                 : c10d::ProcessGroupGloo::createDeviceForInterface(place.interface));
  how->threads = 2;
  made->gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(
      c10::make_intrusive<c10d::PrefixStore>("gloo", store), made->rank, made->size, how);
#ifdef GANTRY_NCCL
  if (at::getNumGPUs() > 0) {
    auto of = c10d::ProcessGroupNCCL::Options::create();
    of->timeout = milliseconds(place.timeout);
    made->nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(
        c10::make_intrusive<c10d::PrefixStore>("nccl", store), made->rank, made->size, of);
  }
#endif
  std::atomic_store(&membership, made);
}

/// A store of another version may leave a question without an answer, and c10d waits for that for ever.
void join(const Place& place) {
  auto task = std::make_shared<std::packaged_task<void()>>([place] { joinNow(place); });
  auto done = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  if (done.wait_for(milliseconds(place.patience) + std::chrono::seconds(5)) == std::future_status::timeout)
    throw Misuse(otherVersion(place));
  done.get();
}

void requireSummable(const at::Tensor& tensor) {
  const auto type = tensor.scalar_type();
  if (type != at::kFloat && type != at::kDouble && type != at::kLong && type != at::kByte)
    throw Misuse(std::string("processes add up float32, float64, int64 and uint8, not ") + dtypeName(type));
  if (!tensor.is_contiguous()) throw Misuse("processes add up contiguous tensors: " + shapeText(tensor));
}

/// Of a device that gloo does not reach, the copy that goes over the wire.
template <typename F>
void onWire(const at::Tensor& tensor, const F& communicate) {
  const auto group = joined();
#ifdef GANTRY_NCCL
  if (tensor.is_cuda() && group->nccl != nullptr) {
    communicate(*group->nccl, tensor);
    return;
  }
#endif
  if (tensor.is_cpu()) {
    communicate(*group->gloo, tensor);
    return;
  }
  const at::Tensor copy = tensor.cpu();
  communicate(*group->gloo, copy);
  tensor.copy_(copy);
}

/// In place, the sum over all processes, the same bits in each.
void addUp(const at::Tensor& tensor) {
  if (tensor.numel() == 0) return;
  at::NoGradGuard guard;
  onWire(tensor, [](Group& group, const at::Tensor& seen) {
    std::vector<at::Tensor> list{seen};
    group.allreduce(list)->wait();
  });
}

struct SumOverRanks : Function<SumOverRanks> {
  static at::Tensor forward(torch::autograd::AutogradContext*, const at::Tensor& tensor) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor sum = tensor.clone(at::MemoryFormat::Contiguous);
    requireSummable(sum);
    addUp(sum);
    return sum;
  }
  // Each process's number is in every process's sum, so its gradient is the sum of theirs.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*, const torch::autograd::variable_list& gradients) {
    return {SumOverRanks::apply(gradients[0])};
  }
};

/// joinGroup({host, port, rank, size, serves, prefix, address, interface, patience, timeout}) -> promise
napi_value joinGroup(napi_env env, napi_callback_info info) {
  return guarded(env, "joinGroup", [&] {
    Arguments args(env, info);
    const auto field = [&](const char* name) {
      napi_value value;
      check(env, napi_get_named_property(env, args.at(0), name, &value), name);
      return value;
    };
    const auto text = [&](const char* name) { return toString(env, field(name), name); };
    const auto number = [&](const char* name, int64_t least, int64_t most) {
      const int64_t value = toInt(env, field(name), name);
      if (value < least || value > most)
        throw Misuse(std::string(name) + " must be from " + std::to_string(least) + " to " + std::to_string(most));
      return value;
    };
    if (std::atomic_load(&membership) != nullptr) throw Misuse("this process is in a group already");
    Place place;
    place.host = text("host");
    place.address = text("address");
    place.interface = text("interface");
    place.prefix = text("prefix");
    place.port = number("port", 1, 65535);
    place.size = number("size", 1, 65536);
    place.rank = number("rank", 0, place.size - 1);
    place.patience = number("patience", 1, 86'400'000);
    place.timeout = number("timeout", 1, 86'400'000);
    place.serves = toBool(env, field("serves"), "serves");
    return promise(env, "joinGroup", [place] { join(place); });
  });
}

at::Tensor argument(napi_env env, const Arguments& args) {
  const at::Tensor tensor = envOf(env).tensor(toDouble(env, args.at(0), "tensor"));
  requireSummable(tensor);
  joined();
  return tensor;
}

napi_value allReduce(napi_env env, napi_callback_info info) {
  return guarded(env, "allReduce", [&] {
    Arguments args(env, info);
    const at::Tensor tensor = argument(env, args);
    return promise(env, "allReduce", [tensor] { addUp(tensor); });
  });
}

napi_value sumOverRanks(napi_env env, napi_callback_info info) {
  return guarded(env, "sumOverRanks", [&] {
    Arguments args(env, info);
    joined();
    return fromDouble(env, envOf(env).tensors.add(SumOverRanks::apply(envOf(env).tensor(toDouble(env, args.at(0), "tensor")))));
  });
}

/// broadcast(tensor, from) -> promise
napi_value broadcast(napi_env env, napi_callback_info info) {
  return guarded(env, "broadcast", [&] {
    Arguments args(env, info);
    const at::Tensor tensor = argument(env, args);
    const int64_t from = toInt(env, args.at(1), "from");
    if (from < 0 || from >= joined()->size) throw Misuse("no rank " + std::to_string(from));
    return promise(env, "broadcast", [tensor, from] {
      if (tensor.numel() == 0) return;
      at::NoGradGuard guard;
      onWire(tensor, [&](Group& group, const at::Tensor& seen) {
        std::vector<at::Tensor> list{seen};
        c10d::BroadcastOptions options;
        options.rootRank = from;
        group.broadcast(list, options)->wait();
      });
    });
  });
}

/// Takes this process out of its group, whose sockets close once nothing waits at them.
napi_value leaveGroup(napi_env env, napi_callback_info) {
  return guarded(env, "leaveGroup", [&]() -> napi_value {
    std::atomic_store(&membership, std::shared_ptr<Membership>());
    return nullptr;
  });
}

#endif

napi_value hasGroups(napi_env env, napi_callback_info) {
  return guarded(env, "hasGroups", [&] {
#ifdef GANTRY_GLOO
    return fromBool(env, true);
#else
    return fromBool(env, false);
#endif
  });
}

}  // namespace

void initDistributed(napi_env env, napi_value exports) {
  exportFunction(env, exports, "hasGroups", hasGroups);
#ifdef GANTRY_GLOO
  exportFunction(env, exports, "joinGroup", joinGroup);
  exportFunction(env, exports, "leaveGroup", leaveGroup);
  exportFunction(env, exports, "allReduce", allReduce);
  exportFunction(env, exports, "sumOverRanks", sumOverRanks);
  exportFunction(env, exports, "broadcast", broadcast);
#endif
}

}  // namespace gantry
