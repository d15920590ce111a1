#include <cstdlib>
#include <cstring>

#include "core/api/objects.hpp"
#include "core/base/error.hpp"
#include "core/base/mapped_file.hpp"

namespace weft {

Status give_text(std::string_view text, weft_text* out) {
  auto* data = static_cast<char*>(std::malloc(text.size() + 1));
  if (data == nullptr) return error(Code::kResourceExhausted, "no memory for {} bytes", text.size());
  std::memcpy(data, text.data(), text.size());
  data[text.size()] = '\0';
  *out = {data, text.size()};
  return {};
}

Status give_ids(std::span<const int32_t> ids, weft_ids* out) {
  auto* data = static_cast<int32_t*>(std::malloc(ids.size_bytes() + 1));
  if (data == nullptr) return error(Code::kResourceExhausted, "no memory for {} ids", ids.size());
  std::copy(ids.begin(), ids.end(), data);
  *out = {data, ids.size()};
  return {};
}

Status check_header(const weft_hdr& hdr, const char* type) {
  if (hdr.struct_size >= sizeof(weft_hdr)) return {};
  return invalid("{}: hdr.struct_size is {}; use WEFT_INIT({})", type, hdr.struct_size, type);
}

Status check_entries(const char* name, const void* array, uint64_t n) {
  if (array != nullptr || n == 0) return {};
  return invalid("{} is NULL, expected {} entries", name, n);
}

namespace {

Status check_options(const weft_runtime_options& o) {
  if ((o.alloc == nullptr) != (o.free == nullptr)) return invalid("weft_runtime_options: alloc and free come together");
  if ((o.worker_count == nullptr) != (o.parallel_for == nullptr) ||
      (o.team_run != nullptr && o.parallel_for == nullptr)) {
    return invalid("weft_runtime_options: worker_count and parallel_for come together, team_run only beside them");
  }
  WEFT_CHECK_OK(check_entries("weft_runtime_options: plugin_folders", o.plugin_folders, o.n_plugin_folders));
  WEFT_CHECK_OK(check_entries("weft_runtime_options: static_plugins", static_cast<const void*>(o.static_plugins),
                              o.n_static_plugins));
  for (uint32_t i = 0; i < o.n_static_plugins; ++i) {
    if (o.static_plugins[i] == nullptr) return invalid("weft_runtime_options: static_plugins: entry {} is NULL", i);
  }
  constexpr uint32_t known = WEFT_NO_ENVIRONMENT | WEFT_NO_SIGBUS_GUARD | WEFT_PIN_THREADS;
  if ((o.flags & ~known) != 0) return invalid("weft_runtime_options: unknown flags {:#x}", o.flags & ~known);
  return {};
}

Json describe(const Candidate& c) {
  Json provides = Json::array();
  for (const auto& p : c.manifest.provides) provides.push_back({{"interface", p.interface_id}, {"name", p.name}});
  return {{"id", c.manifest.id}, {"version", c.manifest.version}, {"state", text(c.state)},
          {"reason", c.reason},  {"manifest", c.manifest_path},   {"library", c.library_path},
          {"provides", provides}};
}

}  // namespace
}  // namespace weft

using namespace weft;

extern "C" {

const char* weft_version(void) { return WEFT_VERSION; }

weft_code weft_status_code(const weft_status* s) {
  return s ? static_cast<weft_code>(s->status.code()) : weft_code{WEFT_OK};
}
const char* weft_status_message(const weft_status* s) { return s ? s->status.message().data() : "ok"; }
void weft_status_free(weft_status* s) { free_abi(s); }

void weft_text_free(weft_text* text) {
  if (text == nullptr) return;
  std::free(text->data);
  *text = {};
}
void weft_ids_free(weft_ids* ids) {
  if (ids == nullptr) return;
  std::free(ids->data);
  *ids = {};
}

weft_status* weft_runtime_new(const weft_runtime_options* given, weft_runtime** out) {
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = nullptr;
    WEFT_TRY(const weft_runtime_options o, WEFT_OPTIONS_OR(given, weft_runtime_options));
    WEFT_CHECK_OK(check_options(o));
    EngineOptions options;
    options.config_path = text_or_empty(o.config_file);
    options.config_text = text_or_empty(o.config_text);
    for (uint32_t i = 0; i < o.n_plugin_folders; ++i) options.plugin_paths.emplace_back(o.plugin_folders[i]);
    for (uint32_t i = 0; i < o.n_static_plugins; ++i) options.static_plugins.push_back(o.static_plugins[i]);
    options.use_environment = (o.flags & WEFT_NO_ENVIRONMENT) == 0;
    options.threads = o.threads;
    options.pin_threads = (o.flags & WEFT_PIN_THREADS) != 0;
    if (o.log != nullptr) {
      options.log = [ctx = o.ctx, log = o.log](uint32_t level, std::string_view component, std::string_view message) {
        log(ctx, level, to_str(component), to_str(message));
      };
    }
    options.services = {o.ctx, o.alloc, o.free, o.worker_count, o.parallel_for, o.team_run};
    if (o.fetch_progress != nullptr) {
      options.fetch.progress = [ctx = o.fetch_ctx, f = o.fetch_progress](const weft_source_progress& p) { f(ctx, &p); };
    }
    if (o.fetch_cancelled != nullptr)
      options.fetch.cancelled = [ctx = o.fetch_ctx, f = o.fetch_cancelled] { return f(ctx) != 0; };
    if ((o.flags & WEFT_NO_SIGBUS_GUARD) != 0) set_sigbus_guard(false);
    WEFT_TRY(auto engine, Engine::create(std::move(options)));
    *out = new weft_runtime{std::move(engine)};
    return {};
  });
}

void weft_runtime_free(weft_runtime* runtime) { delete runtime; }

weft_status* weft_runtime_plugins(weft_runtime* runtime, weft_text* out) {
  WEFT_NEED(runtime);
  WEFT_NEED(out);
  return guard_abi([&] {
    Json all = Json::array();
    for (const Candidate& c : runtime->engine->plugins().report()) all.push_back(describe(c));
    return give_text(all.dump(), out);
  });
}

weft_status* weft_runtime_devices(weft_runtime* runtime, weft_text* out) {
  WEFT_NEED(runtime);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = {};
    WEFT_TRY(const auto devices, runtime->engine->devices());
    return give_text(describe(devices).dump(-1, ' ', false, Json::error_handler_t::replace), out);
  });
}

weft_status* weft_runtime_fetch(weft_runtime* runtime, const char* handle, weft_text* out) {
  WEFT_NEED(runtime);
  WEFT_NEED(handle);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = {};
    WEFT_TRY(const std::string path, runtime->engine->resolve(handle));
    return give_text(path, out);
  });
}

}  // extern "C"
