// Which weft.json is read.
#pragma once

#include <string>

#include "core/plugins/environment.hpp"
#include "weft/status.hpp"

namespace weft {

/// `file`; if it is empty, WEFT_CONFIG (an absolute path); otherwise <config home>/weft/weft.json, which need not
/// exist. "": there is no config home. A file in the working directory is never looked for.
Result<std::string> config_path(const std::string& file, const Environment& environment);

}  // namespace weft
