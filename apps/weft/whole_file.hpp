// Files that are read whole, and files that are written whole or not at all.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft::app {

/// What a file holds. RESOURCE_EXHAUSTED: more than max_bytes. NOT_FOUND: it cannot be read.
Result<std::string> read_whole_file(const std::string& path, uint64_t max_bytes = 64u << 20);

/// Whether write_whole could write there, as far as can be told without writing. To be asked before long work.
Status check_place(const std::string& path);

/// Writes `parts` one after the other to a file beside `path`, then renames it: `path` is the old file, the new one, or
/// not there, also when the disk is full or a signal ends the process. A pipe or a device is written to directly.
Status write_whole(const std::string& path, std::span<const std::string_view> parts);

}  // namespace weft::app
