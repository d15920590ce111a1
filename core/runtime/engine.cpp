#include "core/runtime/engine.hpp"

#include <algorithm>
#include <sstream>
#include <thread>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "weft/abi/architecture.h"
#include "weft/abi/converter.h"
#include "weft/abi/format.h"
#include "weft/abi/source.h"

namespace weft {

Result<std::shared_ptr<Engine>> Engine::create(EngineOptions options) {
  std::shared_ptr<Engine> engine(new Engine);
  if (options.use_environment) engine->environment_ = read_environment();
  if (!options.config_text.empty()) {
    WEFT_TRY(engine->config_, parse_config(options.config_text, "the host's configuration"));
  } else {
    WEFT_TRY(engine->config_, load_config(options.config_path, engine->environment_));
  }
  uint32_t threads = options.threads ? options.threads : static_cast<uint32_t>(engine->config_.threads);
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  engine->host_ = std::make_unique<Host>(threads, std::move(options.log), options.services);
  engine->registry_ = std::make_unique<PluginRegistry>(
      *engine->host_, RegistryOptions{std::move(options.plugin_paths), engine->config_, engine->environment_, std::move(options.static_plugins)});
  return engine;
}

Result<std::shared_ptr<Checkpoint>> Engine::open_checkpoint(const std::string& handle) {
  WEFT_TRY(const std::string path, resolve(handle));
  return Checkpoint::open(path, registry_->interfaces(WEFT_FORMAT_INTERFACE, WEFT_END(weft_format, read)), host_->dtypes());
}

Result<std::string> Engine::resolve(const std::string& handle) {
  const std::size_t colon = handle.find("://");
  if (colon == std::string::npos) return handle;
  const std::string scheme = handle.substr(0, colon);
  for (const Interface& i : registry_->interfaces(WEFT_SOURCE_INTERFACE, WEFT_END(weft_source, resolve))) {
    const auto& source = *static_cast<const weft_source*>(i.table);
    if (to_view(source.scheme) != scheme) continue;
    std::string path;
    const weft_string_sink sink = string_sink(path);
    WEFT_CHECK_OK(call_plugin(i.plugin_id, "resolve", [&] { return source.resolve(i.self, to_str(handle), &sink); }));
    if (path.empty()) return error(Code::kInternal, "{}: resolved {} to nothing", i.plugin_id, handle);
    return path;
  }
  return error(Code::kUnimplemented, "{}: no source plugin serves {}://; give a folder or a file", handle, scheme);
}

std::vector<Interface> Engine::converters() {
  return registry_->interfaces(WEFT_CONVERTER_INTERFACE, WEFT_END(weft_converter, plan));
}
std::vector<Interface> Engine::architectures() {
  return registry_->interfaces(WEFT_ARCHITECTURE_INTERFACE, WEFT_END(weft_architecture, build));
}

Result<std::vector<std::shared_ptr<Device>>> Engine::open_devices(std::string list) {
  if (list.empty()) list = !environment_.backend.empty() ? environment_.backend : config_.backend;
  std::vector<std::pair<std::string, std::string>> wanted;  // name, variant
  std::stringstream items(list);
  for (std::string item; std::getline(items, item, ',');) {
    const std::size_t colon = item.find(':');
    wanted.emplace_back(item.substr(0, colon), colon == std::string::npos ? "" : item.substr(colon + 1));
  }
  auto named = [&](std::string_view name) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) { return w.first == name; });
  };
  auto name_of = [](const Interface& i) { return std::string(to_view(static_cast<const weft_backend*>(i.table)->name)); };
  // The rest stays closed: libraries may have threads and habits of their own.
  std::vector<Interface> found = registry_->interfaces(WEFT_BACKEND_INTERFACE, WEFT_END(weft_backend, execute), [&](const Manifest& m) {
    const bool asked = std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) { return m.offers(WEFT_BACKEND_INTERFACE, w.first); });
    return asked || (m.preference > 0 && (wanted.empty() || m.preference < Manifest::kMostPreferred));
  });
  auto there = [&](const auto& w) {
    return std::any_of(found.begin(), found.end(), [&](const Interface& i) { return name_of(i) == w.first; });
  };
  if (!std::all_of(wanted.begin(), wanted.end(), there)) {  // a manifest may not say what its tables are called
    found = registry_->interfaces(WEFT_BACKEND_INTERFACE, WEFT_END(weft_backend, execute));
  }
  std::string names;
  for (const Interface& i : found) names += (names.empty() ? "" : ", ") + name_of(i);
  // By preference what nobody named: all, or those that take what the named ones refuse.
  std::stable_sort(found.begin(), found.end(), [](const Interface& a, const Interface& b) { return a.preference > b.preference; });
  const int64_t limit = wanted.empty() ? Manifest::kMostPreferred + 1 : Manifest::kMostPreferred;
  for (const Interface& i : found) {
    if (i.preference > 0 && i.preference < limit && !named(name_of(i))) wanted.emplace_back(name_of(i), "");
  }
  if (wanted.empty()) return error(Code::kNotFound, "no backend plugin was found; see weft plugins --why");
  std::vector<std::shared_ptr<Device>> devices;
  for (const auto& [name, variant] : wanted) {
    auto it = std::find_if(found.begin(), found.end(), [&, n = name](const Interface& i) { return name_of(i) == n; });
    if (it == found.end()) return error(Code::kNotFound, "no backend is called \"{}\", found are: {}; see weft plugins --why", name, names);
    const BackendTable table{it->plugin_id, static_cast<const weft_backend*>(it->table), it->self};
    WEFT_TRY(auto device, Device::open(table, 0, variant));
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace weft
