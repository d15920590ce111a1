// Files that are written whole or not at all.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft::app {

/// Whether write_whole could write there, as far as can be told without writing: asked before long
/// work.
Status check_place(const std::string& path);

/// Writes `parts` one after the other beside `path`, then renames: `path` is the old file, the new
/// one, or not there, also when the disk is full or a signal ends the process. What is no regular
/// file (a pipe, a device) is written to directly.
Status write_whole(const std::string& path, std::span<const std::string_view> parts);

}  // namespace weft::app
