// <name>.weftplugin.json: what a library offers, read before the library is opened.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/status.hpp"

namespace weft {

struct Manifest {
  struct Provided {
    std::string interface_id, name;  // "weft.backend/0", "reference"
  };
  std::string id, version, library, sha256;  // sha256: lower-case, or empty
  int64_t abi_major = 0, abi_minor = 0;
  std::vector<Provided> provides;

  /// Whether it provides the interface, under a name that is `wanted` (null: any).
  bool offers(std::string_view interface_id, const std::function<bool(std::string_view name)>& wanted = nullptr) const;
};

/// Unknown keys are ignored; `library` must be a plain file name.
Result<Manifest> parse_manifest(std::string_view text);

}  // namespace weft
