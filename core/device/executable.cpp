#include "core/device/executable.hpp"

#include "core/base/error.hpp"

namespace weft {
namespace {

Status nothing_made(const Device& device, std::string_view function, std::string_view what) {
  return error(Code::kInternal, "{}: {} gave no {}", device.table().plugin_id, function, what);
}

}  // namespace

Result<std::shared_ptr<Store>> Store::create(std::shared_ptr<Device> device,
                                             const weft_params* params, uint32_t precision) {
  weft_numerics numerics{{WEFT_END(weft_numerics, reserved), 0}, precision, 0};
  std::shared_ptr<Store> store(new Store(std::move(device)));
  const Device& d = *store->device_;
  WEFT_CHECK_OK(
      d.call("store_new", [&] { return d.api().store_new(d.handle(), params, &numerics, &store->handle_); }));
  if (store->handle_ == nullptr) return nothing_made(d, "store_new", "store");
  return store;
}

Store::~Store() {
  if (handle_ != nullptr) device_->api().store_free(handle_);
}

Result<std::shared_ptr<Executable>> Executable::compile(std::shared_ptr<Store> store,
                                                        const weft_graph& graph) {
  std::shared_ptr<Executable> executable(new Executable(std::move(store)));
  const Device& d = *executable->device();
  WEFT_CHECK_OK(
      d.call("compile", [&] { return d.api().compile(executable->store_->handle(), &graph, &executable->handle_); }));
  if (executable->handle_ == nullptr) return nothing_made(d, "compile", "executable");
  return executable;
}

Executable::~Executable() {
  if (handle_ != nullptr) device()->api().exec_free(handle_);
}

Result<std::unique_ptr<Instance>> Instance::create(std::shared_ptr<const Executable> executable,
                                                   std::shared_ptr<Timeline> timeline,
                                                   std::span<const weft_binding> bindings) {
  std::unique_ptr<Instance> instance(new Instance(std::move(executable), std::move(timeline)));
  const Device& d = *instance->executable_->device();
  WEFT_CHECK_OK(d.call("instance_new", [&] {
    return d.api().instance_new(instance->executable_->handle(), instance->timeline_->handle(), bindings.data(),
                                static_cast<uint32_t>(bindings.size()), sizeof(weft_binding), &instance->handle_);
  }));
  if (instance->handle_ == nullptr) return nothing_made(d, "instance_new", "instance");
  return instance;
}

Instance::~Instance() {
  if (handle_ != nullptr) executable_->device()->api().instance_free(handle_);
}

}  // namespace weft
