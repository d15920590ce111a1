// <name>.weftplugin.json: what a library offers, read before the library is opened.
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

  std::string id, version, library, sha256;  // sha256: lower-case, or empty
  int64_t abi_major = 0, abi_minor = 0;
  /// 0 to 100, of its backends. Where nobody names one, the most preferred is used first, and those of
  /// less than 100 take what it refuses, also of one that is named. 0: used when named alone.
  int64_t preference = kMostPreferred;
  std::vector<Provided> provides;

  bool offers(std::string_view interface_id) const;
  bool offers(std::string_view interface_id, std::string_view name) const;
};

/// Unknown keys are ignored; `library` must be a plain file name.
Result<Manifest> parse_manifest(std::string_view text);

}  // namespace weft
