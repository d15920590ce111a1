// What the Hub means when it refuses a request, and what to do next.
#pragma once

#include <string>

#include "hub/client.hpp"

namespace weft::hub {

struct Asked {
  std::string repo, revision, path;  // revision and path may be empty
  bool with_token = false;
  uint64_t size = 0;  // of the file; 0: unknown
};

/// The error for a response whose status is not 2xx or 3xx. A missing repository, revision or file, a gated, disabled
/// or private repository, and a bad token are told apart by X-Error-Code and X-Error-Message.
Status refusal(const Response& response, const std::string& url, const Asked& asked);
/// Whether the Hub may be out of reach, or out of reach for us, so that the cache has to do.
bool cache_may_serve(const Status& status);

}  // namespace weft::hub
