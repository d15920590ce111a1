// Whether a library may be loaded. A plugin has the rights of the process; what is promised here is
// only that nothing is loaded by accident or across users.
#pragma once

#include <string>

#include "weft/status.hpp"

namespace weft {

/// The real path of `library`, if it is a regular file that, with each folder above it, belongs to
/// root or the user and can be written by no one else. `insecure` skips owners and modes.
Result<std::string> trusted_path(const std::string& library, bool insecure);

/// Lower-case hex digest of a file.
Result<std::string> sha256_of_file(const std::string& path);

}  // namespace weft
