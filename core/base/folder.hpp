// Lists folders.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "weft/status.hpp"

namespace weft {

enum class Entries { kAll, kRegularFiles };  // a link to a regular file counts as one

/// The plain names of a folder's entries, sorted. PERMISSION_DENIED: the folder cannot be listed. RESOURCE_EXHAUSTED:
/// it has more than `most` entries. Out of memory throws std::bad_alloc, where std::filesystem's iterators would end
/// the process.
Result<std::vector<std::string>> list_folder(const std::string& folder, Entries which, std::size_t most = 100000);

}  // namespace weft
