// A device of a backend plugin: what it says of itself, and the calls to it.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/status_abi.hpp"
#include "core/device/ledger.hpp"
#include "weft/abi/backend.h"
#include "weft/status.hpp"

namespace weft {

class WatchedHost;

/// A backend's table as the registry found it.
struct BackendTable {
  std::string plugin_id;
  const weft_backend* api = nullptr;
  void* self = nullptr;
  WatchedHost* watched = nullptr;  // null: there is no validation

  std::string name() const { return std::string(to_view(api->name)); }
};

/// See weft_device_info.
struct DeviceInfo {
  std::string name, description, driver;
  uint32_t kind = 0, caps = 0;
  uint64_t mem_total = 0, mem_free = 0, max_buffer = 0, align = 64;
  std::array<uint8_t, 16> uuid{};  // zeros: not known
};

/// How many devices a backend has; 0: it cannot be used here, or its table is broken.
uint32_t device_count(const BackendTable& table);
/// What device `index` says of itself now. Opens nothing.
Result<DeviceInfo> device_info(const BackendTable& table, uint32_t index);

/// An open device. [any-thread]
class Device {
 public:
  /// `variant` is what follows the colon of --backend, where it names no device ("cpu:avx2").
  static Result<std::shared_ptr<Device>> open(const BackendTable& table, uint32_t index, std::string_view variant);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  /// The backend's name; where it has several devices, with the index: "acme:1".
  const std::string& name() const { return name_; }
  const DeviceInfo& info() const { return info_; }
  const weft_backend& api() const { return *table_.api; }
  const BackendTable& table() const { return table_; }
  uint32_t index() const { return index_; }
  weft_device* handle() const { return handle_; }
  /// Whether the device works on the host's memory; otherwise on buffers of its own.
  bool host_pointers() const { return (info_.caps & WEFT_CAP_HOST_POINTERS) != 0; }
  /// Whether its work goes on after the calls that ask for it have returned.
  bool has_timelines() const {
    return !host_pointers() && WEFT_HAS(&api(), weft_backend, timeline_wait) && api().timeline_new != nullptr;
  }
  /// Whether a call has said that the device is gone.
  bool lost() const { return lost_; }
  /// What this process keeps on the device.
  Ledger& ledger() const { return ledger_; }

  /// Calls a function of the table; an error names the plugin and the function. After a success nothing is allocated:
  /// if that failed, a handle that the function gave would be lost. UNAVAILABLE: the device is gone, now or before.
  template <class F>
  Status call(std::string_view function, F&& f) const {
    if (lost_) return gone("");
    const Status s = call_plugin(table_.plugin_id, function, f);
    return s.ok() ? s : failed(function, s);
  }
  /// What call() gives for an error of the plugin's function.
  Status failed(std::string_view function, const Status& why) const;
  /// call() for a function that makes an object: f(&handle). What a call that fails leaves at the handle is not looked
  /// at. INTERNAL: it gave none.
  template <class Handle, class F>
  Status make(std::string_view function, Handle*& out, F&& f) const {
    Handle* made = nullptr;
    const Status s = call(function, [&] { return f(&made); });
    if (!s.ok()) return s;
    if (made == nullptr) return gave_nothing(function);
    out = made;
    return {};
  }

  /// The bytes of its memory that may be taken now; none: the device does not tell what is free.
  Result<std::optional<uint64_t>> room() const;
  /// One verdict for each node, see weft/abi/backend.h. reasons, where given, gets why nodes are refused.
  Result<std::vector<uint8_t>> supports(const weft_graph& graph, std::vector<std::string>* reasons = nullptr) const;
  /// The bytes from one block of `block_tokens` entries to the next: padded to the alignment of state and device.
  Result<uint64_t> block_stride(const weft_state& state, uint32_t block_tokens) const;

 private:
  Device(BackendTable table, uint32_t index) : table_(std::move(table)), index_(index) {}
  Status gone(const std::string& why) const;
  Status gave_nothing(std::string_view function) const;
  Status check_own_memory() const;

  BackendTable table_;
  uint32_t index_;
  weft_device* handle_ = nullptr;
  std::string name_;
  DeviceInfo info_;
  mutable std::atomic<bool> lost_ = false;
  mutable Ledger ledger_;
};

}  // namespace weft
