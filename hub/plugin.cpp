// The sources as a plugin: how libweft-hub meets the core's resolver.
#include "weft/sdk/plugin.hpp"

#include <deque>

#include "core/base/json.hpp"
#include "hub/pull.hpp"
#include "weft/abi/source.h"

namespace {

using namespace weft;

struct Hub;
struct Source {
  Hub* hub;
  std::string scheme;
  weft_source table;
};

/// Throws what a status says.
void check(const Status& s) {
  if (!s.ok()) sdk::fail(static_cast<weft_code>(s.code()), std::string(s.message()));
}

/// The host's view of the options as the settings want them; they are flat.
Json flat(const sdk::Json& given) {
  Json all = Json::object();
  for (uint64_t i = 0; given.is_object() && i < given.size(); ++i) {
    const std::string key(given.key(i));
    const sdk::Json v = given[key];
    if (v.is_string()) all[key] = std::string(v.string());
    else if (v.is_bool()) all[key] = v.integer() != 0;
    else if (v.is_integer() && v.integer() >= 0) all[key] = static_cast<uint64_t>(v.integer());
    else if (v.is_number()) all[key] = v.number();
    else all[key] = nullptr;
  }
  return all;
}

struct Hub {
  static constexpr std::string_view kId = "weft.hub", kVersion = "0.1.0", kVendor = "weft";

  explicit Hub(const sdk::Json& given) {
    options_ = flat(given);
    const hub::Variables none = [](std::string_view) { return std::string(); };
    check(hub::read_settings(none, options_).status());  // refused now rather than at the first handle
    for (const std::string& scheme : hub::schemes()) {
      Source& s = sources_.emplace_back(Source{this, scheme, {}});
      s.table = {WEFT_HDR(weft_source, fetch), &s, sdk::str(s.scheme), resolve, fetch};
    }
  }

  const void* interface(std::string_view id, uint32_t n) const {
    return id == WEFT_SOURCE_INTERFACE && n < sources_.size() ? &sources_[n].table : nullptr;
  }

 private:
  static weft_status* resolve(void* self, weft_str handle, const weft_string_sink* path) noexcept {
    weft_source_request request{WEFT_HDR(weft_source_request, cancelled), handle, nullptr};
    request.variable = [](void*, weft_str) noexcept -> weft_str { return {"", 0}; };
    return fetch(self, &request, path);
  }

  static weft_status* fetch(void* self, const weft_source_request* request, const weft_string_sink* path) noexcept {
    const Hub& hub = *static_cast<Source*>(self)->hub;
    return sdk::guard(hub.host_, [&] { hub.fetch_into(*request, *path); });
  }

  void fetch_into(const weft_source_request& r, const weft_string_sink& path) const {
    const hub::Variables variables = [&](std::string_view name) {
      return std::string(sdk::view(r.variable(r.ctx, sdk::str(name))));
    };
    auto settings = hub::read_settings(variables, options_);
    check(settings.status());
    hub::PullOptions options;
    if (r.progress != nullptr) {
      options.progress = [&](const hub::Progress& p) {
        const weft_source_progress told{WEFT_HDR(weft_source_progress, files), sdk::str(p.file), p.done, p.size,
                                        p.all_done, p.all_size, p.files_done, p.files};
        r.progress(r.ctx, &told);
      };
    }
    if (r.cancelled != nullptr) options.cancelled = [&] { return r.cancelled(r.ctx) != 0; };
    options.warn = [host = host_](const std::string& message) {
      host->log(host->ctx, WEFT_LOG_WARN, sdk::str("hub"), sdk::str(message));
    };
    auto pulled = hub::pull(*settings, std::string(sdk::view(r.handle)), options);
    check(pulled.status());
    path.set(path.ctx, sdk::str(pulled->path));
  }

  const weft_host* host_ = &sdk::host();
  Json options_;
  std::deque<Source> sources_;  // tables stay where they are
};

}  // namespace

WEFT_PLUGIN(Hub)
