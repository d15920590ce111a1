// What lies in a folder.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "weft/status.hpp"

namespace weft {

enum class Entries { kAll, kRegularFiles };  // a link to a regular file is one

/// The plain names of a folder's entries, sorted. PERMISSION_DENIED when it cannot be listed,
/// RESOURCE_EXHAUSTED when there are more than `most`. When memory runs out it throws std::bad_alloc;
/// std::filesystem's iterators would end the process.
Result<std::vector<std::string>> list_folder(const std::string& folder, Entries which, std::size_t most = 100000);

}  // namespace weft
