// weft devices: what --backend and --layers can name.
#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "core/base/bytes_text.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

std::string memory_text(const DeviceInfo& info) {
  if (info.mem_total == 0) return "";
  if (info.mem_free == 0) return bytes_text(info.mem_total);
  return fmt::format("{} free of {}", bytes_text(info.mem_free), bytes_text(info.mem_total));
}

Status devices(const Common& o) {
  WEFT_TRY(auto engine, make_engine(o));
  WEFT_TRY(const auto all, engine->devices());
  if (o.json) return print(json_text(describe(all), 2) + "\n");
  if (all.empty()) return error(Code::kNotFound, "no backend has a device here; weft plugins --why says why");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const ListedDevice& d = all[i];
    std::string line = fmt::format("{:<14} {:<28} {}", name_of(d, all), d.info.name, memory_text(d.info));
    // One card that several backends see is listed for each, and told.
    for (std::size_t j = 0; j < i; ++j) {
      if (d.info.uuid == all[j].info.uuid && d.info.uuid != decltype(d.info.uuid){})
        line += fmt::format(" (the same as {})", name_of(all[j], all));
    }
    while (line.ends_with(' ')) line.pop_back();
    WEFT_CHECK_OK(print(one_line(line) + "\n"));
    if (o.verbose && !d.info.description.empty())
      WEFT_CHECK_OK(print(fmt::format("{:14} {}\n", "", one_line(d.info.description))));
  }
  return {};
}

}  // namespace

void add_devices(Commands& commands) {
  auto o = std::make_shared<Common>();
  Command& command = commands.add("devices", "list every backend's devices and their memory",
                                  [o] { return devices(*o); });
  add_engine_options(command, *o);
}

}  // namespace weft::app
