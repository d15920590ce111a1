// How many processors this process may keep busy.
#pragma once

#include <cstdint>
#include <string>

namespace weft {

/// The number of processors in the calling thread's affinity mask, or as many as the quotas of its control groups (v1
/// and v2) allow, rounded up, where these are fewer. At least 1. `root` is put before /proc and /sys, for tests.
uint32_t usable_processors(const std::string& root = "");

}  // namespace weft
