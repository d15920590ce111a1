// Whether a library may be loaded. A plugin has all rights of the process; these checks only keep libraries from being
// loaded by accident or across users.
#pragma once

#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft {

/// The real path of `library`, if it is a regular file and, like every folder above it, belongs to root or the user and
/// can be written by nobody else. `insecure` skips the checks of owners and modes.
Result<std::string> trusted_path(const std::string& library, bool insecure);

/// sha256_of_file gives a file's digest as lower-case hex digits. parse_sha256 checks the 64 hex digits that a user or
/// a manifest wrote, and makes them lower-case.
Result<std::string> sha256_of_file(const std::string& path);
Result<std::string> parse_sha256(std::string_view text);

}  // namespace weft
