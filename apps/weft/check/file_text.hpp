// Small files, read whole.
#pragma once

#include <string>

#include "weft/status.hpp"

namespace weft::app {

/// The bytes of a file. NOT_FOUND: it cannot be read. RESOURCE_EXHAUSTED: it has more than `most` bytes.
Result<std::string> file_text(const std::string& path, uint64_t most);

}  // namespace weft::app
