// weft plugins [--why]: what was found, loaded, shadowed, refused, and the reason.
#include <map>

#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "core/base/error.hpp"
#include "core/runtime/backend.hpp"
#include "weft/abi/format.h"
#include "weft/abi/source.h"

namespace weft::app {
namespace {

/// Opens every plugin, so that what is wrong with one shows in the report; gives, by plugin, why a
/// backend has no device to open.
std::map<std::string, std::string> open_all(Engine& engine) {
  std::map<std::string, std::string> without_device;
  engine.architectures();
  engine.converters();
  engine.plugins().interfaces(WEFT_FORMAT_INTERFACE, WEFT_END(weft_format, read));
  engine.plugins().interfaces(WEFT_SOURCE_INTERFACE, WEFT_END(weft_source, resolve));
  for (const Interface& i : engine.plugins().interfaces(WEFT_BACKEND_INTERFACE, WEFT_END(weft_backend, execute))) {
    auto device = Device::open({i.plugin_id, static_cast<const weft_backend*>(i.table), i.self}, 0, "");
    if (!device.ok()) without_device[i.plugin_id] = "no device: " + std::string(device.status().message());
  }
  return without_device;
}

Json offers(const Manifest& manifest) {
  Json list = Json::array();
  for (const auto& p : manifest.provides) list.push_back(p.interface_id + "=" + p.name);
  return list;
}

Status plugins(const Common& common, bool why) {
  WEFT_TRY(auto engine, make_engine(common));
  std::map<std::string, std::string> without_device;
  if (why) without_device = open_all(*engine);
  Json list = Json::array();
  for (const Candidate& c : engine->plugins().report()) {
    const auto found = without_device.find(c.manifest.id);
    const bool no_device = c.state == PluginState::kLoaded && found != without_device.end();
    list.push_back({{"id", c.manifest.id}, {"version", c.manifest.version}, {"state", text(c.state)},
                    {"offers", offers(c.manifest)}, {"reason", no_device ? found->second : c.reason},
                    {"manifest", c.manifest_path}, {"library", c.library_path}});
  }
  if (common.json) return print(json_text(list, 2) + "\n");
  if (list.empty()) WEFT_CHECK_OK(print("no plugins were found; plugins.paths of weft.json names folders with some\n"));
  for (const Json& p : list) {
    auto field = [&](const char* key) { return one_line(p[key].get_ref<const std::string&>()); };
    std::string offered;
    for (const Json& o : p["offers"]) offered += (offered.empty() ? "" : ", ") + o.get<std::string>();
    WEFT_CHECK_OK(print(fmt::format("{:<10} {:<20} {:<8} {}\n", field("state"), field("id"), field("version"),
                                    one_line(offered))));
    if (!why) continue;
    WEFT_CHECK_OK(print(fmt::format("{:11}{}\n", "", field("manifest"))));
    if (!field("reason").empty()) WEFT_CHECK_OK(print(fmt::format("{:11}{}\n", "", field("reason"))));
  }
  return {};
}

}  // namespace

void add_plugins(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("plugins", "list plugins and, with --why, what became of them");
  auto common = std::make_shared<Common>();
  auto why = std::make_shared<bool>(false);
  add_engine_options(*command, *common);
  command->add_flag("--why", *why, "open all and say why some are not used");
  command->callback([=, &exit_code] { finish(exit_code, [&] { return plugins(*common, *why); }); });
}

}  // namespace weft::app
