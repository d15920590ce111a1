// Opens plugin libraries. The one place that knows Boost.DLL.
#pragma once

#include <string>

#include "weft/abi/plugin.h"
#include "weft/status.hpp"

namespace weft {

/// Opens the library at an absolute path and finds its entry. The library stays mapped for the life
/// of the process, also when it is refused: unloading running code is never safe.
Result<weft_plugin_query_fn> open_plugin_library(const std::string& absolute_path);

}  // namespace weft
