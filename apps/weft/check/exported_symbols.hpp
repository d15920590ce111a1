// The names that a shared library exports, read from its file.
#pragma once

#include <string>
#include <vector>

#include "weft/status.hpp"

namespace weft::app {

/// The names of the defined global and weak symbols in .dynsym of a 64-bit ELF file of this machine's byte order,
/// sorted. UNIMPLEMENTED: a file of another kind. DATA_LOSS: its tables do not fit the file.
Result<std::vector<std::string>> exported_symbols(const std::string& library_path);

}  // namespace weft::app
