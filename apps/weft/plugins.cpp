// weft plugins [--why]: what was found, loaded, shadowed, refused, and the reason.
#include <cstdio>

#include "apps/weft/common.hpp"
#include "core/base/json.hpp"
#include "weft/abi/architecture.h"
#include "weft/abi/converter.h"
#include "weft/abi/format.h"

namespace weft::app {
namespace {

Status plugins(const Common& common, bool why) {
  WEFT_TRY(auto engine, make_engine(common));
  if (why) {  // opens all, so that what is wrong with them shows
    engine->architectures();
    engine->converters();
    (void)engine->open_devices("");
    engine->plugins().interfaces(WEFT_FORMAT_INTERFACE, WEFT_END(weft_format, read));
  }
  Json list = Json::array();
  for (const Candidate& c : engine->plugins().report()) {
    std::string offers;
    for (const auto& p : c.manifest.provides) offers += (offers.empty() ? "" : ", ") + p.interface_id + "=" + p.name;
    if (common.json) {
      list.push_back({{"id", c.manifest.id}, {"version", c.manifest.version}, {"state", text(c.state)},
                      {"offers", offers}, {"reason", c.reason}, {"manifest", c.manifest_path}});
      continue;
    }
    std::printf("%-10s %-20s %-8s %s\n", std::string(text(c.state)).c_str(), c.manifest.id.c_str(), c.manifest.version.c_str(), offers.c_str());
    if (why) std::printf("           %s%s%s\n", c.manifest_path.c_str(), c.reason.empty() ? "" : "\n           ", c.reason.c_str());
  }
  if (common.json) std::printf("%s\n", list.dump(2).c_str());
  return {};
}

}  // namespace

void add_plugins(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("plugins", "list plugins and, with --why, what became of them");
  auto common = std::make_shared<Common>();
  auto why = std::make_shared<bool>(false);
  add_engine_options(*command, *common);
  command->add_flag("--why", *why, "open all and say why some are not used");
  command->callback([=, &exit_code] {
    if (Status s = plugins(*common, *why); !s.ok()) exit_code = report(s);
  });
}

}  // namespace weft::app
