#include "core/model/devices.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "core/base/error.hpp"

namespace weft {
namespace {

std::optional<uint32_t> index_of(const std::string& text) {
  uint32_t index = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return index;
}

std::string in_lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

struct Choice {
  uint32_t index = 0;
  std::string variant;
};

Result<Choice> choose(const BackendTable& table, const std::string& which) {
  if (which.empty()) return Choice{};
  if (const auto index = index_of(which)) return Choice{*index, ""};
  std::vector<std::string> found;
  Choice choice{0, which};
  for (uint32_t i = 0; i < device_count(table); ++i) {
    WEFT_TRY(const DeviceInfo info, device_info(table, i));
    if (in_lower_case(info.name).find(in_lower_case(which)) == std::string::npos) continue;
    found.push_back(fmt::format("{}:{} ({})", table.name(), i, info.name));
    choice = {i, ""};
  }
  if (found.size() > 1)
    return invalid("{}:{} is part of several devices' names: {}", table.name(), which, fmt::join(found, ", "));
  return choice;
}

/// "01234567-89ab-cdef-..."; null: not known.
Json uuid_text(const std::array<uint8_t, 16>& uuid) {
  if (uuid == std::array<uint8_t, 16>{}) return nullptr;
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i)
    text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
  return text;
}

Json size_or_null(uint64_t bytes) { return bytes != 0 ? Json(bytes) : Json(nullptr); }

}  // namespace

std::string name_of(const ListedDevice& device, const std::vector<ListedDevice>& all) {
  const auto same = std::count_if(all.begin(), all.end(), [&](const auto& d) { return d.backend == device.backend; });
  return device.backend + (same > 1 ? ":" + std::to_string(device.index) : "");
}

Json describe(const std::vector<ListedDevice>& devices) {
  Json all = Json::array();
  for (const ListedDevice& d : devices) {
    const char* kind = d.info.kind == WEFT_DEVICE_CPU ? "cpu" : d.info.kind == WEFT_DEVICE_GPU ? "gpu" : "other";
    all.push_back({{"use", name_of(d, devices)}, {"backend", d.backend}, {"index", d.index}, {"name", d.info.name},
                   {"description", d.info.description}, {"driver", d.info.driver}, {"kind", kind},
                   {"memory", size_or_null(d.info.mem_total)}, {"free", size_or_null(d.info.mem_free)},
                   {"uuid", uuid_text(d.info.uuid)}, {"plugin", d.plugin_id}});
  }
  return all;
}

std::vector<WantedDevice> wanted_devices(const std::string& list) {
  std::vector<WantedDevice> wanted;
  for (std::size_t at = 0; at < list.size();) {
    bool quoted = false;
    std::string item;
    for (; at < list.size() && (quoted || list[at] != ','); ++at) {
      if (list[at] == '"') {
        quoted = !quoted;
      } else {
        item += list[at];
      }
    }
    ++at;  // the comma
    const std::size_t colon = item.find(':');
    wanted.push_back({item.substr(0, colon), colon == std::string::npos ? "" : item.substr(colon + 1)});
  }
  return wanted;
}

Result<std::shared_ptr<Device>> OpenDevices::open(const BackendTable& table, const std::string& which) {
  WEFT_TRY(const Choice choice, choose(table, which));
  std::lock_guard lock(mutex_);
  std::weak_ptr<Device>& known = open_[{table.plugin_id + "/" + table.name(), choice.index, choice.variant}];
  if (auto device = known.lock(); device != nullptr && !device->lost()) return device;
  WEFT_TRY(auto device, Device::open(table, choice.index, choice.variant));
  known = device;
  return device;
}

}  // namespace weft
