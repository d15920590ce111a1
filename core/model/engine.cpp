#include "core/model/engine.hpp"

#include <algorithm>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/processors.hpp"
#include "core/base/status_abi.hpp"
#include "core/model/interfaces.hpp"
#include "weft/abi/architecture.h"
#include "weft/abi/converter.h"
#include "weft/abi/format.h"

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
  // More threads than processors would only wait for each other.
  const uint32_t processors = usable_processors();
  threads = threads == 0 ? processors : std::min(threads, processors);
  engine->fetch_ = std::move(options.fetch);
  engine->host_ = std::make_unique<Host>(threads, std::move(options.log), options.services,
                                         options.pin_threads || engine->config_.pin_threads);
  engine->registry_ = std::make_unique<PluginRegistry>(
      *engine->host_, RegistryOptions{std::move(options.plugin_paths), engine->config_, engine->environment_,
                                      std::move(options.static_plugins), std::move(options.breaches)});
  return engine;
}

Result<std::shared_ptr<Checkpoint>> Engine::open(const std::string& handle, const std::string& path,
                                                 std::unique_ptr<Arrival> arrival) {
  std::vector<Interface> formats = registry_->interfaces(kFormats);
  std::erase_if(formats, [](const Interface& i) { return !i.behind.empty(); });
  auto c = Checkpoint::open(path, formats, host_->dtypes(), std::move(arrival));
  if (!c.ok()) return with_name(c.status(), path, handle);
  if (handle != path) (*c)->rename(handle);
  struct Kept {
    std::shared_ptr<Engine> engine;  // whose dtypes and plugins the checkpoint uses; released after it
    std::shared_ptr<Checkpoint> checkpoint;
  };
  const auto kept = std::make_shared<Kept>(Kept{shared_from_this(), std::move(*c)});
  return std::shared_ptr<Checkpoint>(kept, kept->checkpoint.get());
}

Result<std::shared_ptr<Checkpoint>> Engine::open_checkpoint(const std::string& handle) {
  WEFT_TRY(const std::string path, resolve(handle));
  return open(handle, path, nullptr);
}

Result<std::shared_ptr<Checkpoint>> Engine::open_arriving(const std::string& handle,
                                                          std::function<bool()> unwanted) {
  Coming coming{std::move(unwanted), nullptr};
  WEFT_TRY(const std::string path, resolve(handle, &coming));
  return open(handle, path, std::move(coming.arrival));
}

Result<std::string> Engine::resolve(const std::string& handle) { return resolve(handle, nullptr); }

Result<std::string> Engine::resolve(const std::string& handle, Coming* coming) {
  const std::size_t colon = handle.find("://");
  if (colon == std::string::npos) return handle;
  const std::string scheme = handle.substr(0, colon);
  const auto source = registry_->named(kSources, scheme);
  if (!source)
    return error(Code::kUnimplemented, "{}: no source plugin serves {}://; give a folder or a file", handle, scheme);
  std::string path;
  WEFT_CHECK_OK(ask(*source, handle, path, coming));
  if (path.empty()) return error(Code::kInternal, "{}: resolved {} to nothing", source->plugin_id, handle);
  return path;
}

/// What a source is asked for, and the callbacks that it uses as long as it fetches.
struct Engine::Request {
  FetchCallbacks callbacks;
  bool reads_environment;
  std::string handle;
  weft_source_request table;

  Request(const Engine& engine, const std::string& wanted, std::function<bool()> unwanted)
      : callbacks(engine.fetch_), reads_environment(engine.environment_.read), handle(wanted),
        table{{WEFT_END(weft_source_request, cancelled), 0}, to_str(handle), this, variable_of, nullptr, nullptr} {
    if (callbacks.progress) table.progress = progress;
    if (unwanted) {
      callbacks.cancelled = [first = std::move(callbacks.cancelled), unwanted = std::move(unwanted)] {
        return unwanted() || (first && first());
      };
    }
    if (callbacks.cancelled) table.cancelled = cancelled;
  }
  Request(const Request&) = delete;

  static weft_str variable_of(void* self, weft_str name) noexcept {
    if (!static_cast<Request*>(self)->reads_environment) return {"", 0};
    try {
      return to_str(variable(std::string(to_view(name))));
    } catch (...) {
      return {"", 0};
    }
  }
  static void progress(void* self, const weft_source_progress* p) noexcept {
    try {
      static_cast<Request*>(self)->callbacks.progress(*p);
    } catch (...) {  // a failing display must not end the fetch
    }
  }
  static uint32_t cancelled(void* self) noexcept {
    try {
      return static_cast<Request*>(self)->callbacks.cancelled() ? 1 : 0;
    } catch (...) {
      return 0;
    }
  }
};

Status Engine::ask(const Interface& i, const std::string& handle, std::string& path,
                   Coming* coming) {
  const auto& source = *static_cast<const weft_source*>(i.table);
  const weft_string_sink sink = string_sink(path);
  if (!WEFT_HAS(&source, weft_source, fetch) || source.fetch == nullptr) {
    return call_plugin(i.plugin_id, "resolve", [&] { return source.resolve(i.self, to_str(handle), &sink); });
  }
  const auto request = std::make_shared<Request>(*this, handle, coming ? std::move(coming->unwanted) : nullptr);
  if (coming == nullptr || !WEFT_HAS(&source, weft_source, start) || source.start == nullptr) {
    return call_plugin(i.plugin_id, "fetch", [&] { return source.fetch(i.self, &request->table, &sink); });
  }
  std::string id = i.plugin_id;  // made before start, after which nothing but take() may fail
  Arrival::Log log = [this](std::string_view text) { host_->log(WEFT_LOG_INFO, "weights", text); };
  const weft_arrival* arriving = nullptr;
  WEFT_CHECK_OK(
      call_plugin(i.plugin_id, "start", [&] { return source.start(i.self, &request->table, &sink, &arriving); }));
  if (arriving == nullptr) return {};
  WEFT_TRY(coming->arrival, Arrival::take(std::move(id), arriving, request, std::move(log)));
  return {};
}

std::vector<Interface> Engine::converters() {
  return registry_->interfaces(kConverters);
}
std::vector<Interface> Engine::architectures() {
  return registry_->interfaces(kArchitectures);
}

namespace {

/// The first device that may be taken unnamed; none: the backend has no such device here.
std::optional<uint32_t> first_usable(const BackendTable& table) {
  for (uint32_t i = 0; i < device_count(table); ++i) {
    const auto info = device_info(table, i);
    if (info.ok() && (info->caps & WEFT_CAP_BY_NAME) == 0) return i;
  }
  return std::nullopt;
}

/// The backend that a user calls by its name, or by its plugin's id.
const Interface* find_backend(const std::vector<Interface>& all, std::string_view called) {
  if (const Interface* const named = find_named(all, called)) return named;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Interface& i) { return i.plugin_id == called; });
  return found != all.end() ? &*found : nullptr;
}

BackendTable table_of(const Interface& i) {
  return {i.plugin_id, static_cast<const weft_backend*>(i.table), i.self, i.watched};
}

}  // namespace

/// The backends that are named, and those that may be taken without. All others stay closed: a library may start
/// threads and more.
std::vector<Interface> Engine::backends(const std::vector<WantedDevice>& wanted) {
  std::vector<Interface> found = registry_->interfaces(kBackends, [&](const Manifest& m) {
    const bool asked = std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) {
      return m.offers(WEFT_BACKEND_INTERFACE, w.backend) || m.id == w.backend;
    });
    return asked || (m.preference > 0 && (wanted.empty() || m.preference < Manifest::kMostPreferred));
  });
  const auto there = [&](const auto& w) { return find_backend(found, w.backend) != nullptr; };
  if (!std::all_of(wanted.begin(), wanted.end(), there))  // a manifest need not name its tables
    found = registry_->interfaces(kBackends);
  std::stable_sort(found.begin(), found.end(),
                   [](const Interface& a, const Interface& b) { return a.preference > b.preference; });
  return found;
}

Result<std::vector<std::shared_ptr<Device>>> Engine::open_devices(std::string list) {
  if (list.empty()) list = !environment_.backend.empty() ? environment_.backend : config_.backend;
  std::vector<WantedDevice> wanted = wanted_devices(list);
  const std::vector<Interface> found = backends(wanted);
  // Adds by preference the backends that were not named: all, or those that take what the named ones refuse.
  const int64_t limit = wanted.empty() ? Manifest::kMostPreferred + 1 : Manifest::kMostPreferred;
  for (const Interface& i : found) {
    const bool named =
        std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) { return find_backend(found, w.backend) == &i; });
    if (i.preference == 0 || i.preference >= limit || named || !i.behind.empty()) continue;
    if (const auto index = first_usable(table_of(i)))
      wanted.push_back({i.name, *index == 0 ? "" : std::to_string(*index)});
  }
  if (wanted.empty()) return error(Code::kNotFound, "no backend with a device was found; see the plugin report");
  std::vector<std::shared_ptr<Device>> devices;
  for (const WantedDevice& w : wanted) {
    const Interface* const it = find_backend(found, w.backend);
    if (it == nullptr) {
      std::vector<std::string> names;
      for (const Interface& i : found) names.push_back(i.name);
      return error(Code::kNotFound, "no backend is called \"{}\", found are: {}{}; see the plugin report", w.backend,
                   fmt::join(names, ", "), registry_->why_missing(WEFT_BACKEND_INTERFACE, w.backend));
    }
    WEFT_TRY(auto device, open_devices_.open(table_of(*it), w.which));
    devices.push_back(std::move(device));
  }
  return devices;
}

Result<std::vector<ListedDevice>> Engine::devices() {
  std::vector<Interface> found = registry_->interfaces(kBackends);
  std::stable_sort(found.begin(), found.end(),
                   [](const Interface& a, const Interface& b) { return a.preference > b.preference; });
  std::vector<ListedDevice> all;
  for (const Interface& i : found) {
    const BackendTable table = table_of(i);
    const uint32_t count = device_count(table);
    if (count == 0) host_->log(WEFT_LOG_INFO, "devices", device_info(table, 0).status().message());
    for (uint32_t d = 0; d < count; ++d) {
      auto info = device_info(table, d);
      if (info.ok()) {
        all.push_back({table.plugin_id, table.name(), d, std::move(*info)});
      } else {
        host_->log(WEFT_LOG_WARN, "devices", info.status().message());
      }
    }
  }
  return all;
}

}  // namespace weft
