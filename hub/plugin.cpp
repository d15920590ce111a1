// The sources as a plugin: how the core's resolver calls libweft-hub.
#include "weft/sdk/plugin.hpp"

#include <deque>

#include "core/base/json.hpp"
#include "hub/curl.hpp"
#include "hub/delivery.hpp"
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

/// Throws a status that is not ok.
void check(const Status& s) {
  if (!s.ok()) sdk::fail(static_cast<weft_code>(s.code()), std::string(s.message()));
}

/// The host's view of the options as JSON for the settings; options are flat.
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

/// A delivery as the host sees it. The host releases it.
struct Arriving {
  explicit Arriving(std::shared_ptr<hub::Delivery> d) : delivery(std::move(d)) {
    for (const hub::Parcel& p : delivery->parcels()) paths.push_back(delivery->path(p));
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const hub::Parcel& p = delivery->parcels()[i];
      files.push_back({WEFT_HDR(weft_arriving_file, size), sdk::str(paths[i]), sdk::str(p.now), p.entry.size});
    }
    table = {WEFT_HDR(weft_arrival, release), this, files.data(), static_cast<uint32_t>(files.size()),
             sizeof(weft_arriving_file), await, complete, release};
  }
  Arriving(const Arriving&) = delete;
  Arriving& operator=(const Arriving&) = delete;

  static weft_status* await(void* self, uint32_t file, uint64_t offset, uint64_t bytes) noexcept {
    auto& a = *static_cast<Arriving*>(self);
    return sdk::guard(a.host, [&] {
      if (file >= a.files.size()) sdk::fail(WEFT_OUT_OF_RANGE, "there is no such file");
      check(a.delivery->await(file, offset, bytes));
    });
  }
  static weft_status* complete(void* self) noexcept {
    auto& a = *static_cast<Arriving*>(self);
    return sdk::guard(a.host, [&] { check(a.delivery->complete()); });
  }
  static void release(void* self) noexcept { delete static_cast<Arriving*>(self); }

  const weft_host* host = &sdk::host();
  std::shared_ptr<hub::Delivery> delivery;
  std::vector<std::string> paths;
  std::vector<weft_arriving_file> files;
  weft_arrival table{};
};

struct Hub {
  static constexpr std::string_view kId = "weft.hub", kVersion = "0.1.0", kVendor = "weft";

  explicit Hub(const sdk::Json& given) {
    options_ = flat(given);
    const hub::Variables none = [](std::string_view) { return std::string(); };
    // Wrong options are refused now rather than at the first handle. Without libcurl they wait for it: the first handle
    // then says that libcurl is missing.
    if (hub::load_curl().ok()) check(hub::read_settings(none, options_).status());
    for (const std::string& scheme : hub::schemes()) {
      Source& s = sources_.emplace_back(Source{this, scheme, {}});
      s.table = {WEFT_HDR(weft_source, start), &s, nullptr, sdk::str(s.scheme), resolve, fetch, start};
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
    return sdk::guard(hub.host_, [&] {
      auto pulled = hub::pull(hub.settings(*request), std::string(sdk::view(request->handle)), hub.options(*request));
      check(pulled.status());
      path->set(path->ctx, sdk::str(pulled->path));
    });
  }

  static weft_status* start(void* self, const weft_source_request* request, const weft_string_sink* path,
                            const weft_arrival** arrival) noexcept {
    const Hub& hub = *static_cast<Source*>(self)->hub;
    *arrival = nullptr;
    return sdk::guard(hub.host_, [&] {
      auto s = hub::start_pull(hub.settings(*request), std::string(sdk::view(request->handle)), hub.options(*request));
      check(s.status());
      path->set(path->ctx, sdk::str(s->pulled.path));
      if (s->rest) *arrival = &(new Arriving(std::move(s->rest)))->table;
    });
  }

  hub::Settings settings(const weft_source_request& r) const {
    const hub::Variables variables = [&](std::string_view name) {
      return std::string(sdk::view(r.variable(r.ctx, sdk::str(name))));
    };
    auto settings = hub::read_settings(variables, options_);
    check(settings.status());
    return std::move(*settings);
  }

  /// The functions of these options may be called as long as those of the request.
  hub::PullOptions options(const weft_source_request& r) const {
    hub::PullOptions options;
    if (r.progress != nullptr) {
      options.progress = [ctx = r.ctx, tell = r.progress](const hub::Progress& p) {
        const weft_source_progress told{WEFT_HDR(weft_source_progress, files), sdk::str(p.file), p.done, p.size,
                                        p.all_done, p.all_size, p.files_done, p.files};
        tell(ctx, &told);
      };
    }
    if (r.cancelled != nullptr) options.cancelled = [ctx = r.ctx, ask = r.cancelled] { return ask(ctx) != 0; };
    options.warn = [host = host_](const std::string& message) {
      host->log(host->ctx, WEFT_LOG_WARN, sdk::str("hub"), sdk::str(message));
    };
    options.note = [host = host_](const std::string& message) {
      host->log(host->ctx, WEFT_LOG_INFO, sdk::str("hub"), sdk::str(message));
    };
    return options;
  }

  const weft_host* host_ = &sdk::host();
  Json options_;
  std::deque<Source> sources_;  // a deque, so that tables stay where they are
};

}  // namespace

WEFT_PLUGIN(Hub)
