// The plugin side of weft.source: an abstract Source and the table that serves it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "weft/abi/source.h"
#include "weft/sdk/error.hpp"

namespace weft::sdk {

/// What the host asks for; see weft_source_request. Valid during the call.
class SourceRequest {
 public:
  explicit SourceRequest(const weft_source_request& api) : api_(api) {}
  /// "hf://org/name"
  std::string_view handle() const { return view(api_.handle); }
  /// What follows "scheme://".
  std::string_view path() const { return handle().substr(handle().find("://") + 3); }
  /// An environment variable; empty when it is not set.
  std::string variable(std::string_view name) const {
    return api_.variable == nullptr ? "" : std::string(view(api_.variable(api_.ctx, str(name))));
  }
  /// To be called between pieces of long work: throws CANCELLED when the user no longer wants it.
  void stop_if_cancelled() const {
    if (api_.cancelled != nullptr && api_.cancelled(api_.ctx) != 0) fail(WEFT_CANCELLED, "cancelled by the user");
  }
  /// Tells how far the one file of a fetch has come, in bytes.
  void progress(std::string_view file, uint64_t done, uint64_t size) const {
    if (api_.progress == nullptr) return;
    const weft_source_progress told{WEFT_HDR(weft_source_progress, files), str(file), done, size, done, size, 0, 1};
    api_.progress(api_.ctx, &told);
  }

 private:
  const weft_source_request& api_;
};

/// A source of one scheme. The plugin owns it, from init to shutdown.
class Source {
 public:
  explicit Source(std::string scheme) : scheme_(std::move(scheme)) {
    table_.scheme = str(scheme_);
  }
  virtual ~Source() = default;
  Source(const Source&) = delete;  // the table points at it
  Source& operator=(const Source&) = delete;

  /// The absolute path of a folder or file that is complete and verified. Throws NOT_FOUND, UNAUTHENTICATED,
  /// PERMISSION_DENIED or UNAVAILABLE, since users do different things about them. [any-thread]
  virtual std::string fetch(const SourceRequest& request) const = 0;

  /// The source's table, which never changes. [any-thread]
  const weft_source* table() const { return &table_; }

 private:
  static weft_status* give(void* self, const weft_source_request& request, const weft_string_sink* path) noexcept {
    const auto& source = *static_cast<const Source*>(self);
    return guard(source.host_, [&] { path->set(path->ctx, str(source.fetch(SourceRequest(request)))); });
  }

  const weft_host* host_ = host_slot();  // the host of the plugin that makes the Source in its init
  const std::string scheme_;
  weft_source table_{
      WEFT_HDR(weft_source, start), this, nullptr, {},
      [](void* self, weft_str handle, const weft_string_sink* path) noexcept {
        return give(self, {WEFT_HDR(weft_source_request, cancelled), handle, nullptr, nullptr, nullptr, nullptr}, path);
      },
      [](void* self, const weft_source_request* request, const weft_string_sink* path) noexcept {
        return give(self, *request, path);
      },
      nullptr};
};

}  // namespace weft::sdk
