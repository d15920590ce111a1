// Whether a library may be loaded. A plugin has the rights of the process; what is promised here is
// only that nothing is loaded by accident or across users.
#pragma once

#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft {

/// The real path of `library`, if it is a regular file that, with each folder above it, belongs to
/// root or the user and can be written by no one else. `insecure` skips owners and modes.
Result<std::string> trusted_path(const std::string& library, bool insecure);

/// Lower-case hex digest of a file, and what a user or a manifest wrote as one: 64 hex digits, made
/// lower-case.
Result<std::string> sha256_of_file(const std::string& path);
Result<std::string> parse_sha256(std::string_view text);

}  // namespace weft
