// Large files become visible before the disk has them. A mark on such a file says so, in case the power is cut.
#pragma once

#include <string>
#include <string_view>

#include "hub/hash.hpp"

namespace weft::hub {

/// Marks a file whose bytes may still be in memory alone. False where the file system keeps no marks: the caller then
/// has to wait for the disk.
bool mark_unsettled(int fd);
void clear_mark(int fd);
/// Whether the file can be used: it has no mark, or the machine has not been started since it was marked, or its hash
/// is right. A mark that is no longer needed is removed, and so is a file whose hash is wrong.
bool settled(const std::string& path, const Digest& digest);

/// Writes all bytes, in several pieces where the system takes fewer at once. 0, or the errno that says why not.
int write_all(int fd, const void* data, std::size_t bytes);

/// Waits until the file's bytes would outlive a cut of power, where the file system can promise that.
bool sync_data(int fd);

/// That a file cannot be `what` ("written"), and why, an errno; RESOURCE_EXHAUSTED where there is no room, else
/// PERMISSION_DENIED. `next` ends the message.
Status cannot(const char* what, const std::string& path, int why, std::string_view next = "");

}  // namespace weft::hub
