// Opens plugin libraries. The only place that knows Boost.DLL.
#pragma once

#include <string>

#include "weft/abi/plugin.h"
#include "weft/status.hpp"

namespace weft {

/// Opens the library at an absolute path and finds its query function. The library stays mapped as long as the process,
/// even when the plugin is refused: unloading code that may run is never safe.
Result<weft_plugin_query_fn> open_plugin_library(const std::string& absolute_path);

}  // namespace weft
