// Which devices --backend means, and those that are open.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/json.hpp"
#include "core/device/device.hpp"

namespace weft {

/// A device as `weft devices` lists it.
struct ListedDevice {
  std::string plugin_id, backend;
  uint32_t index = 0;
  DeviceInfo info;
};

/// What the device is called in --backend: "cpu", or with the index where its backend has several: "acme:1".
std::string name_of(const ListedDevice& device, const std::vector<ListedDevice>& all);
/// An object for each device, see weft_runtime_devices.
Json describe(const std::vector<ListedDevice>& devices);

/// An item of --backend: "acme", "acme:1", "acme:L4", "cpu:avx2".
struct WantedDevice {
  std::string backend, which;  // which: an index, part of a device's name, or a variant; empty: nothing was said
};

/// Reads "acme:1,cpu". What follows a colon may stand in double quotes, and then have commas.
std::vector<WantedDevice> wanted_devices(const std::string& list);

/// Devices belong to the engine: one that a model has open is shared by all. [any-thread]
class OpenDevices {
 public:
  /// The device of the backend that `which` means: the one with this index, otherwise the only one with this part of a
  /// name (in any case), otherwise the first one with this variant. INVALID_ARGUMENT: it is part of several names.
  Result<std::shared_ptr<Device>> open(const BackendTable& table, const std::string& which);

 private:
  std::mutex mutex_;
  std::map<std::tuple<std::string, uint32_t, std::string>, std::weak_ptr<Device>> open_;  // plugin, index, variant
};

}  // namespace weft
