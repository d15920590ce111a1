// What the backend's handles point to.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "tests/opaque/plugin/checks.hpp"
#include "tests/opaque/plugin/memory.hpp"
#include "tests/opaque/plugin/weights.hpp"
#include "tests/opaque/plugin/worker.hpp"
#include "weft/sdk/interpreter.hpp"

namespace opaque {

inline constexpr uint32_t kDevices = 3;

/// Notes an object as long as it lives, and that its parent outlives it.
class Lives {
 public:
  Lives(Watch& watch, Kind kind, std::atomic<int>* parent) : watch_(watch), kind_(kind), parent_(parent) {
    watch_.add(kind_, 1);
    if (parent_ != nullptr) ++*parent_;
  }
  ~Lives() {
    if (children != 0) watch_.complain("an object is freed before what was made from it");
    watch_.add(kind_, -1);
    if (parent_ != nullptr) --*parent_;
  }
  Lives(const Lives&) = delete;
  std::atomic<int> children = 0;

 private:
  Watch& watch_;
  Kind kind_;
  std::atomic<int>* parent_;
};

/// Notes two calls at once where the ABI wants one thread.
class OneThread {
 public:
  OneThread(Watch& watch, Timeline* timeline) : flag_(timeline == nullptr ? nullptr : &timeline->in_call) {
    if (flag_ != nullptr && flag_->exchange(true)) watch.complain("two threads use one timeline");
  }
  ~OneThread() {
    if (flag_ != nullptr) *flag_ = false;
  }
  OneThread(const OneThread&) = delete;

 private:
  std::atomic<bool>* flag_;
};

struct Backend {
  explicit Backend(const weft::sdk::Json& options);
  Backend(const Backend&) = delete;

  Settings settings;
  Watch watch;
  const weft_host* host = weft::sdk::host_slot();
  std::array<Account, kDevices> accounts;
  weft::sdk::Interpreter kernels{"opaque", "the reference's kernels behind a device's walls"};
  const weft_backend& inner = *kernels.table();
  weft_backend table{};
};

struct Device {
  Device(Backend& b, uint32_t i, const weft_options* options)
      : backend(b),
        index(i),
        buffers(b.accounts[i], b.watch),
        worker(b.host, b.settings, b.watch, b.settings.seed + i) {
    weft::sdk::check(b.inner.device_open(b.inner.self, 0, {"", 0}, options, &inner));
  }
  ~Device() { backend.inner.device_close(inner); }

  Backend& backend;
  const uint32_t index;
  Lives lives{backend.watch, Kind::kDevice, nullptr};
  Buffers buffers;
  weft_device* inner = nullptr;
  Worker worker;  // declared last: it ends before what it works on
};

struct Store {
  Store(Device& d, const weft_params* params, const weft_numerics* numerics, const weft_options* options)
      : device(d), weights(params, d.backend.accounts[d.index]) {
    weft::sdk::check(d.backend.inner.store_new(d.inner, weights.table(), numerics, options, &inner));
  }
  ~Store() { device.backend.inner.store_free(inner); }

  Device& device;
  Lives lives{device.backend.watch, Kind::kStore, &device.lives.children};
  Weights weights;
  weft_store* inner = nullptr;
};

struct Exec {
  struct Value {
    uint32_t kind, dtype;
    std::vector<int64_t> dims;
    bool output = false;
    uint64_t content = 0;  // STATE: the bytes of a block without its head
  };

  Exec(Store& s, const weft_graph& graph, const weft_options* options);
  ~Exec() { store.device.backend.inner.exec_free(inner); }

  Store& store;
  Lives lives{store.device.backend.watch, Kind::kExec, &store.lives.children};
  std::vector<Value> values;
  uint32_t n_symbols;
  weft_exec* inner = nullptr;
};

struct Instance {
  Instance(Exec& e, Timeline* timeline, const weft_binding* bindings, uint32_t n, uint32_t stride,
           const weft_options* options);
  ~Instance() { device().backend.inner.instance_free(inner); }
  /// Reads what the host lends, and gives the rest to the worker.
  void execute(const weft_submit& submit);
  Device& device() const { return exec.store.device; }

  Exec& exec;
  Timeline* const timeline;
  Lives lives{device().backend.watch, Kind::kInstance, &exec.lives.children};

 private:
  struct Bound {
    weft_binding binding{};
    std::shared_ptr<Bytes> bytes;  // null: the host lends it
  };
  using Bindings = std::map<uint32_t, Bound>;  // by value
  void bind(Bindings& all, const weft_binding* bindings, uint32_t n, uint32_t stride) const;
  struct Run;
  void run(Run& run) const;

  Bindings bound_;
  weft_instance* inner = nullptr;
};

/// The size of a block of a state without its head.
weft_state_layout content_of(Device& device, const weft_state& state, uint32_t block_tokens);

void transfer(Device& device, const weft_transfer& t);

}  // namespace opaque
