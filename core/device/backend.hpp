// Owning handles of what a backend plugin makes. Each is allocated before the plugin is called, so that nothing is lost
// when memory runs out. Children hold their parents: a device is closed after its stores and executables, and an
// executable is freed after its instances.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weft/abi/backend.h"
#include "weft/status.hpp"

namespace weft {

/// A backend's table as the registry found it.
struct BackendTable {
  std::string plugin_id;
  const weft_backend* api = nullptr;
  void* self = nullptr;
};

class Device {
 public:
  /// Opens device `index`. `variant` is what follows the colon of --backend ("cpu:avx2").
  static Result<std::shared_ptr<Device>> open(const BackendTable& table, uint32_t index,
                                              std::string_view variant);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const std::string& name() const { return name_; }
  const std::string& description() const { return description_; }
  uint32_t caps() const { return caps_; }
  const weft_backend& api() const { return *table_.api; }
  weft_device* handle() const { return handle_; }
  const BackendTable& table() const { return table_; }

  /// One verdict for each node, see weft/abi/backend.h.
  Result<std::vector<uint8_t>> supports(const weft_graph& graph) const;
  /// The bytes of a block of `block_tokens` entries, padded to the block's alignment.
  Result<uint64_t> block_bytes(const weft_state& state, uint32_t block_tokens) const;

 private:
  explicit Device(BackendTable table) : table_(std::move(table)) {}
  BackendTable table_;
  weft_device* handle_ = nullptr;
  std::string name_, description_;
  uint32_t caps_ = 0;
};

/// The weights of one model on one device. `params` must outlive it.
class Store {
 public:
  static Result<std::shared_ptr<Store>> create(std::shared_ptr<Device> device,
                                               const weft_params* params, uint32_t precision);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  const std::shared_ptr<Device>& device() const { return device_; }
  weft_store* handle() const { return handle_; }

 private:
  explicit Store(std::shared_ptr<Device> device) : device_(std::move(device)) {}
  std::shared_ptr<Device> device_;
  weft_store* handle_ = nullptr;
};

/// A compiled graph. Immutable; sessions share it.
class Executable {
 public:
  static Result<std::shared_ptr<Executable>> compile(std::shared_ptr<Store> store,
                                                     const weft_graph& graph);
  ~Executable();
  Executable(const Executable&) = delete;
  Executable& operator=(const Executable&) = delete;
  const Device& device() const { return *store_->device(); }
  weft_exec* handle() const { return handle_; }

 private:
  explicit Executable(std::shared_ptr<Store> store) : store_(std::move(store)) {}
  std::shared_ptr<Store> store_;
  weft_exec* handle_ = nullptr;
};

/// The bindings and scratch memory of one session. [one thread per instance]
class Instance {
 public:
  static Result<std::unique_ptr<Instance>> create(std::shared_ptr<const Executable> executable,
                                                  std::span<const weft_binding> bindings);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  /// Runs the graph. `sizes`: the actual size of each symbol of the graph, derived symbols included.
  Status execute(std::span<const int64_t> sizes);

 private:
  explicit Instance(std::shared_ptr<const Executable> executable) : executable_(std::move(executable)) {}
  std::shared_ptr<const Executable> executable_;
  weft_instance* handle_ = nullptr;
};

}  // namespace weft
