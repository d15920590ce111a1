// Where weft itself lies: its plugins stand beside it, whatever prefix it was copied to.
#pragma once

#include <string>

namespace weft {

/// [any-thread] The folder of the program or the shared library that holds this code, without links, as it was
/// when the code was loaded. Empty where that cannot be told for sure, so that nothing is searched: the working
/// directory and argv[0] are never asked.
const std::string& own_folder();

}  // namespace weft
