#include "core/device/backend.hpp"

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"

namespace weft {
namespace {

// Calls a plugin's function; an error names the plugin and the function. After a success nothing is allocated: if that
// failed, the handle that the function gave would be lost.
template <class F>
Status call(const BackendTable& table, std::string_view function, F&& f) {
  const Status s = call_plugin(table.plugin_id, function, f);
  return s.ok() ? s : s.with_context(table.plugin_id + " " + std::string(function));
}

}  // namespace

Result<std::shared_ptr<Device>> Device::open(const BackendTable& table, uint32_t index,
                                             std::string_view variant) {
  std::shared_ptr<Device> device(new Device(table));
  weft_device*& handle = device->handle_;
  WEFT_CHECK_OK(call(table, "device_open", [&] {
    return table.api->device_open(table.self, index, {variant.data(), variant.size()}, &handle);
  }));
  if (handle == nullptr) return error(Code::kInternal, "{}: device_open gave no device", table.plugin_id);
  weft_device_info info{};
  info.hdr.struct_size = WEFT_END(weft_device_info, buffer_align);
  WEFT_CHECK_OK(call(table, "device_info", [&] { return table.api->device_info(handle, &info); }));
  device->name_ = to_view(table.api->name);
  device->description_ = to_view(info.description.size ? info.description : info.name);
  device->caps_ = info.caps;
  return device;
}

Device::~Device() {
  if (handle_ != nullptr) table_.api->device_close(handle_);
}

Result<std::vector<uint8_t>> Device::supports(const weft_graph& graph) const {
  std::vector<uint8_t> verdicts(graph.n_nodes, 0);
  WEFT_CHECK_OK(call(table_, "supports", [&] {
    return table_.api->supports(handle_, &graph, verdicts.data());
  }));
  return verdicts;
}

Result<uint64_t> Device::block_bytes(const weft_state& state, uint32_t block_tokens) const {
  weft_state_layout layout{};
  layout.hdr.struct_size = WEFT_END(weft_state_layout, align);
  WEFT_CHECK_OK(call(table_, "state_layout", [&] {
    return table_.api->state_layout(handle_, &state, block_tokens, &layout);
  }));
  const uint64_t align = layout.align ? layout.align : 1;
  if (layout.block_bytes == 0 || layout.block_bytes > (uint64_t{1} << 40) || align > 4096 ||
      (align & (align - 1)) != 0) {
    return error(Code::kInternal, "{}: state_layout says {} bytes aligned to {}", table_.plugin_id,
                 layout.block_bytes, layout.align);
  }
  return (layout.block_bytes + align - 1) / align * align;
}

Result<std::shared_ptr<Store>> Store::create(std::shared_ptr<Device> device,
                                             const weft_params* params, uint32_t precision) {
  weft_numerics numerics{{WEFT_END(weft_numerics, reserved), 0}, precision, 0};
  std::shared_ptr<Store> store(new Store(std::move(device)));
  const Device& d = *store->device_;
  WEFT_CHECK_OK(call(d.table(), "store_new", [&] {
    return d.api().store_new(d.handle(), params, &numerics, &store->handle_);
  }));
  return store;
}

Store::~Store() {
  if (handle_ != nullptr) device_->api().store_free(handle_);
}

Result<std::shared_ptr<Executable>> Executable::compile(std::shared_ptr<Store> store,
                                                        const weft_graph& graph) {
  std::shared_ptr<Executable> executable(new Executable(std::move(store)));
  const Device& device = executable->device();
  WEFT_CHECK_OK(call(device.table(), "compile", [&] {
    return device.api().compile(device.handle(), executable->store_->handle(), &graph, &executable->handle_);
  }));
  return executable;
}

Executable::~Executable() {
  if (handle_ != nullptr) device().api().exec_free(handle_);
}

Result<std::unique_ptr<Instance>> Instance::create(std::shared_ptr<const Executable> executable,
                                                   std::span<const weft_binding> bindings) {
  std::unique_ptr<Instance> instance(new Instance(std::move(executable)));
  const Device& device = instance->executable_->device();
  WEFT_CHECK_OK(call(device.table(), "instance_new", [&] {
    return device.api().instance_new(instance->executable_->handle(), bindings.data(),
                                     static_cast<uint32_t>(bindings.size()), sizeof(weft_binding),
                                     &instance->handle_);
  }));
  return instance;
}

Instance::~Instance() {
  if (handle_ != nullptr) executable_->device().api().instance_free(handle_);
}

Status Instance::execute(std::span<const int64_t> sizes) {
  weft_submit submit{{WEFT_END(weft_submit, reserved), 0}, sizes.data(),
                     static_cast<uint32_t>(sizes.size()), 0};
  const Device& device = executable_->device();
  return call(device.table(), "execute", [&] { return device.api().execute(handle_, &submit); });
}

}  // namespace weft
