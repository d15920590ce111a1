// Files that are not what their names say: what a failed download or checkout leaves in place of a file.
#pragma once

#include <string_view>

namespace weft {

/// What the file that begins with these bytes is, and what to do next; empty: nothing that is known to stand in for
/// other files.
std::string_view disguise_of(std::string_view start);

}  // namespace weft
