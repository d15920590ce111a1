#include "core/device/executable.hpp"

namespace weft {
Result<std::shared_ptr<Store>> Store::create(std::shared_ptr<Device> device,
                                             const weft_params* params, uint32_t precision) {
  weft_numerics numerics{{WEFT_END(weft_numerics, reserved), 0}, precision, 0};
  std::shared_ptr<Store> store(new Store(std::move(device)));
  const Device& d = *store->device_;
  WEFT_CHECK_OK(d.make("store_new", store->handle_, [&](weft_store** out) {
    return d.api().store_new(d.handle(), params, &numerics, nullptr, out);
  }));
  return store;
}

Store::~Store() {
  if (handle_ != nullptr) call_free([&] { device_->api().store_free(handle_); });
}

Result<std::shared_ptr<Executable>> Executable::compile(std::shared_ptr<Store> store,
                                                        const weft_graph& graph) {
  std::shared_ptr<Executable> executable(new Executable(std::move(store)));
  const Device& d = *executable->device();
  WEFT_CHECK_OK(d.make("compile", executable->handle_, [&](weft_exec** out) {
    return d.api().compile(executable->store_->handle(), &graph, nullptr, out);
  }));
  return executable;
}

Executable::~Executable() {
  if (handle_ != nullptr) call_free([&] { device()->api().exec_free(handle_); });
}

Result<std::unique_ptr<Instance>> Instance::create(std::shared_ptr<const Executable> executable,
                                                   std::shared_ptr<Timeline> timeline,
                                                   std::span<const weft_binding> bindings) {
  std::unique_ptr<Instance> instance(new Instance(std::move(executable), std::move(timeline)));
  const Device& d = *instance->executable_->device();
  WEFT_CHECK_OK(d.make("instance_new", instance->handle_, [&](weft_instance** out) {
    return d.api().instance_new(instance->executable_->handle(), instance->timeline_->handle(), bindings.data(),
                                static_cast<uint32_t>(bindings.size()), sizeof(weft_binding), nullptr, out);
  }));
  return instance;
}

Instance::~Instance() {
  if (handle_ != nullptr) call_free([&] { executable_->device()->api().instance_free(handle_); });
}

}  // namespace weft
