// Large files become visible before the disk has them; a mark on each says so, for the case that the power is cut.
#pragma once

#include <string>

#include "hub/hash.hpp"

namespace weft::hub {

/// Marks a file whose bytes may still be in memory alone. False where the file system keeps no marks: wait for the
/// disk instead.
bool mark_unsettled(int fd);
void clear_mark(int fd);
/// Whether the file can be used: it has no mark, or the machine has not been started since it was made, or its hash
/// is right. A mark that has done its part is removed; a file whose hash is wrong too.
bool settled(const std::string& path, const Digest& digest);

/// The file's bytes outlive a cut of power, where the file system can do that.
bool sync_data(int fd);

}  // namespace weft::hub
