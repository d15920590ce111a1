// weft plugins [--why]: what was found, loaded, shadowed, refused, and the reason.
#include <map>

#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/device/device.hpp"
#include "core/model/interfaces.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  bool why = false;
};

/// Opens every plugin, so that the report tells what is wrong with each. Gives, by plugin, why one that is not refused
/// is of no use.
std::map<std::string, std::string> open_all(Engine& engine) {
  std::map<std::string, std::string> useless;
  std::string known;
  for (const InterfaceKind* kind : kInterfaces) {
    engine.plugins().interfaces(*kind);
    known += (known.empty() ? "" : ", ") + std::string(kind->id);
  }
  for (const Interface& i : engine.plugins().interfaces(kBackends)) {
    auto device = Device::open({i.plugin_id, static_cast<const weft_backend*>(i.table), i.self}, 0, "");
    if (!device.ok()) useless[i.plugin_id] = "no device: " + std::string(device.status().message());
  }
  for (const Candidate& c : engine.plugins().report()) {
    if (c.state == PluginState::kFound)
      useless[c.manifest.id] = "\"provides\" of its manifest has no interface of this host: " + known;
  }
  return useless;
}

Json offers(const Manifest& manifest) {
  Json list = Json::array();
  for (const auto& p : manifest.provides) list.push_back(p.interface_id + "=" + p.name);
  return list;
}

Status plugins(const Options& o) {
  WEFT_TRY(auto engine, make_engine(o.common));
  std::map<std::string, std::string> useless;
  if (o.why) useless = open_all(*engine);
  Json list = Json::array();
  for (const Candidate& c : engine->plugins().report()) {
    const auto found = useless.find(c.manifest.id);
    const bool accepted = c.state == PluginState::kFound || c.state == PluginState::kLoaded;
    const std::string& reason = accepted && found != useless.end() ? found->second : c.reason;
    list.push_back({{"id", c.manifest.id}, {"version", c.manifest.version}, {"state", text(c.state)},
                    {"offers", offers(c.manifest)}, {"reason", reason},
                    {"manifest", c.manifest_path}, {"library", c.library_path}});
  }
  if (o.common.json) return print(json_text(list, 2) + "\n");
  if (list.empty()) WEFT_CHECK_OK(print("no plugins were found; plugins.paths of weft.json names folders with some\n"));
  for (const Json& p : list) {
    auto field = [&](const char* key) { return one_line(p[key].get_ref<const std::string&>()); };
    std::string offered;
    for (const Json& offer : p["offers"]) offered += (offered.empty() ? "" : ", ") + offer.get<std::string>();
    WEFT_CHECK_OK(print(fmt::format("{:<10} {:<20} {:<8} {}\n", field("state"), field("id"), field("version"),
                                    one_line(offered))));
    if (!o.why) continue;
    WEFT_CHECK_OK(print(fmt::format("{:11}{}\n", "", field("manifest"))));
    if (!field("reason").empty()) WEFT_CHECK_OK(print(fmt::format("{:11}{}\n", "", field("reason"))));
  }
  return {};
}

}  // namespace

void add_plugins(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command =
      commands.add("plugins", "list plugins and, with --why, what became of them", [o] { return plugins(*o); });
  add_engine_options(command, o->common);
  command.add("--why", &o->why, "open all and say why some are not used");
}

}  // namespace weft::app
