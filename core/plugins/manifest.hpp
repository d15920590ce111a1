// <name>.weftplugin.json: what a library offers. It is read before the library is opened.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/status.hpp"

namespace weft {

struct Manifest {
  struct Provided {
    std::string interface_id, name;  // "weft.backend/0", "reference"
  };
  static constexpr int64_t kMostPreferred = 100;

  std::string id, version, library, sha256;  // sha256: lower-case; empty: none
  int64_t abi_major = 0, abi_minor = 0;
  /// The preference of its backends, 0 to 100. If the user names no backend, the most preferred one is used first.
  /// Backends below 100 take what the chosen one refuses, also if the user named that one. 0: used only when it is
  /// named.
  int64_t preference = 0;
  std::vector<Provided> provides;

  /// Whether this host runs plugins that need such an ABI.
  static bool serves(int64_t major, int64_t minor);
  bool offers(std::string_view interface_id) const;
  bool offers(std::string_view interface_id, std::string_view name) const;
};

/// Parses a manifest. Unknown keys are ignored; `library` must be a plain file name.
Result<Manifest> parse_manifest(std::string_view text);

}  // namespace weft
