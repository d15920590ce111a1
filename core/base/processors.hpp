// How many processors this process may keep busy.
#pragma once

#include <cstdint>
#include <string>

namespace weft {

/// The processors of the calling thread's affinity mask, or as many as the quotas of its control groups (v1 and v2)
/// allow, a part counting as a whole one, where these are fewer. At least 1. `root` goes before /proc and /sys.
uint32_t usable_processors(const std::string& root = "");

}  // namespace weft
