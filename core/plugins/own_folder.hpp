// Where weft itself lies. Its plugins stand beside it, wherever it was copied to.
#pragma once

#include <string>

namespace weft {

/// The real folder of the program or shared library that holds this code, as it was when the code was loaded. Empty
/// where it is not certain, so that no folder is searched: the working directory and argv[0] are never used.
/// [any-thread]
const std::string& own_folder();

}  // namespace weft
