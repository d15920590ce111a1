// Owning handles of what a backend makes of a model. Each is allocated before the plugin is called, so that nothing is
// lost when memory runs out. Children hold their parents: a device is closed after its stores and executables, and an
// executable is freed after its instances.
#pragma once

#include <memory>
#include <span>

#include "core/device/timeline.hpp"

namespace weft {

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
  const std::shared_ptr<Device>& device() const { return store_->device(); }
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
                                                  std::shared_ptr<Timeline> timeline,
                                                  std::span<const weft_binding> bindings);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  const std::shared_ptr<Timeline>& timeline() const { return timeline_; }
  /// Lets the device run the graph. `sizes`: the actual size of each symbol of the graph, derived symbols included.
  Status execute(std::span<const int64_t> sizes) { return timeline_->execute(handle_, sizes); }

 private:
  Instance(std::shared_ptr<const Executable> executable, std::shared_ptr<Timeline> timeline)
      : executable_(std::move(executable)), timeline_(std::move(timeline)) {}
  std::shared_ptr<const Executable> executable_;
  std::shared_ptr<Timeline> timeline_;
  weft_instance* handle_ = nullptr;
};

}  // namespace weft
