// What a repository holds, without fetching its weights: their headers come by range requests.
#pragma once

#include "hub/pull.hpp"

namespace weft::hub {

struct Peek {
  std::string commit, license;
  Listing listing;                  // everything
  std::vector<std::string> chosen;  // what a pull would fetch
  uint64_t bytes = 0, cached_bytes = 0;  // of what is chosen
  std::string open;  // under `folder`: to be opened as a checkpoint; reading weights from it gives zeros
};

/// Fills the empty `folder` with config files and with weights that are holes behind their headers.
/// hf:// and modelscope:// alone.
Result<Peek> peek(const Settings& settings, const std::string& handle, const PullOptions& options,
                  const std::string& folder);

}  // namespace weft::hub
