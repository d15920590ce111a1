// What a repository holds, without fetching its weights: their headers are fetched by range requests.
#pragma once

#include "hub/pull.hpp"

namespace weft::hub {

struct Peek {
  std::string commit, license;
  Listing listing;                  // all files
  std::vector<std::string> chosen;  // what a pull would fetch
  uint64_t bytes = 0, cached_bytes = 0;  // of the chosen files
  std::string open;  // what to open as a checkpoint, under `folder`; reading weights from it gives zeros
};

/// Fills the empty `folder` with config files, and with weight files that are holes after their headers. For hf:// and
/// modelscope:// alone.
Result<Peek> peek(const Settings& settings, const std::string& handle, const PullOptions& options,
                  const std::string& folder);

}  // namespace weft::hub
