#include "core/device/device.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace weft {
namespace {

bool power_of_two(uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

/// The largest alignment that a backend may ask for. Larger: a small state's blocks would be mostly padding.
constexpr uint64_t kMostAlign = 4096;

using Functions = std::initializer_list<std::pair<const char*, bool>>;  // their names, and whether they are there

Status check_all(const std::string& plugin_id, std::string_view user, Functions functions) {
  for (const auto& [name, there] : functions) {
    if (!there) return error(Code::kInternal, "{}: the table has no {}, which {} needs", plugin_id, name, user);
  }
  return {};
}

}  // namespace

uint32_t device_count(const BackendTable& table) {
  uint32_t count = 0;
  const Status asked = call_plugin(table.plugin_id, "device_count", [&]() -> weft_status* {
    count = table.api->device_count(table.self);
    return nullptr;
  });
  return asked.ok() ? count : 0;
}

Result<DeviceInfo> device_info(const BackendTable& table, uint32_t index) {
  weft_device_info raw{};
  raw.hdr.struct_size = WEFT_END(weft_device_info, uuid);
  WEFT_CHECK_OK(
      call_plugin(table.plugin_id, "device_info", [&] { return table.api->device_info(table.self, index, &raw); })
          .with_context(table.plugin_id + " device_info"));
  DeviceInfo info{std::string(to_view(raw.name)), std::string(to_view(raw.description)),
                  std::string(to_view(raw.driver)), raw.kind, raw.caps, raw.mem_total, raw.mem_free, raw.max_buffer,
                  raw.align ? raw.align : 64, {}};
  std::copy(std::begin(raw.uuid), std::end(raw.uuid), info.uuid.begin());
  if (!power_of_two(info.align) || info.align > kMostAlign) {
    return error(Code::kInternal, "{}: device {} says an alignment of {}, expected a power of two up to {}",
                 table.plugin_id, index, info.align, kMostAlign);
  }
  return info;
}

Result<std::shared_ptr<Device>> Device::open(const BackendTable& table, uint32_t index, std::string_view variant) {
  std::shared_ptr<Device> device(new Device(table, index));
  const uint32_t count = device_count(table);
  device->name_ = table.name() + (count > 1 ? ":" + std::to_string(index) : "");
  if (count == 0) {
    const Status why = weft::device_info(table, 0).status();
    return error(Code::kNotFound, "{} has no device here{}{}", table.name(), why.ok() ? "" : ": ", why.message());
  }
  if (index >= count) {
    return error(Code::kNotFound, "{} has {} here, asked for is number {}, counted from 0", table.name(),
                 count == 1 ? std::string("one device") : std::to_string(count) + " devices", index);
  }
  WEFT_TRY(device->info_, weft::device_info(table, index));
  if (!device->host_pointers()) WEFT_CHECK_OK(device->check_own_memory());
  WEFT_CHECK_OK(device->make("device_open", device->handle_, [&](weft_device** out) {
    return table.api->device_open(table.self, index, {variant.data(), variant.size()}, nullptr, out);
  }));
  return device;
}

Device::~Device() {
  if (handle_ != nullptr) call_free([&] { table_.api->device_close(handle_); });
}

Status Device::failed(std::string_view function, const Status& why) const {
  if (why.code() == Code::kUnavailable) lost_ = true;
  const Status s = why.with_context(table_.plugin_id + " " + std::string(function));
  return s.code() != Code::kUnavailable ? s : gone(" (" + std::string(s.message()) + ")");
}

Status Device::gone(const std::string& why) const {
  return error(Code::kUnavailable, "device {} of {} is gone{}; load the model again", name_, table_.plugin_id, why);
}

Status Device::gave_nothing(std::string_view function) const {
  return error(Code::kInternal, "{}: {} gave nothing, and no error", table_.plugin_id, function);
}

Status Device::check_own_memory() const {
  const weft_backend& b = api();
  const bool memory = WEFT_HAS(&b, weft_backend, transfer), time = WEFT_HAS(&b, weft_backend, timeline_wait);
  WEFT_CHECK_OK(check_all(table_.plugin_id, "memory of its own",
                          {{"buffer_new", memory && b.buffer_new != nullptr},
                           {"buffer_free", memory && b.buffer_free != nullptr},
                           {"transfer", memory && b.transfer != nullptr}}));
  if (!time || (b.timeline_new == nullptr && b.timeline_free == nullptr && b.timeline_wait == nullptr)) return {};
  return check_all(table_.plugin_id, "time of its own",
                   {{"timeline_new", b.timeline_new != nullptr},
                    {"timeline_free", b.timeline_free != nullptr},
                    {"timeline_wait", b.timeline_wait != nullptr}});
}

Result<std::optional<uint64_t>> Device::room() const {
  // What stays free, a sixteenth, is for scratch memory, values and other programs. Less: a step may find none.
  constexpr uint64_t kMargin = 16;
  WEFT_TRY(const DeviceInfo now, weft::device_info(table_, index_));
  if (now.mem_free == 0) return std::optional<uint64_t>();
  return std::optional(now.mem_free - now.mem_free / kMargin);
}

Result<std::vector<uint8_t>> Device::supports(const weft_graph& graph, std::vector<std::string>* reasons) const {
  std::vector<uint8_t> verdicts(graph.n_nodes, 0);
  weft_reasons sink{{WEFT_END(weft_reasons, add), 0}, reasons, [](void* ctx, uint32_t node, weft_str reason) noexcept {
                      auto& all = *static_cast<std::vector<std::string>*>(ctx);
                      try {
                        if (node < all.size()) all[node] = to_view(reason);
                      } catch (...) {  // out of memory: the node stays without a reason
                      }
                    }};
  if (reasons != nullptr) reasons->assign(graph.n_nodes, "");
  WEFT_CHECK_OK(call("supports", [&] {
    return api().supports(handle_, &graph, verdicts.data(), reasons == nullptr ? nullptr : &sink);
  }));
  return verdicts;
}

Result<uint64_t> Device::block_stride(const weft_state& state, uint32_t block_tokens) const {
  weft_state_layout layout{};
  layout.hdr.struct_size = WEFT_END(weft_state_layout, align);
  WEFT_CHECK_OK(call("state_layout", [&] { return api().state_layout(handle_, &state, block_tokens, &layout); }));
  const uint64_t own = layout.align ? layout.align : 1;
  // Larger blocks: sizes of many would no longer fit 64 bits.
  if (layout.block_bytes == 0 || layout.block_bytes > (uint64_t{1} << 40) || own > kMostAlign || !power_of_two(own)) {
    return error(Code::kInternal, "{}: state_layout says {} bytes aligned to {}", table_.plugin_id, layout.block_bytes,
                 layout.align);
  }
  const uint64_t align = std::max(own, info_.align);
  return (layout.block_bytes + align - 1) / align * align;
}

}  // namespace weft
