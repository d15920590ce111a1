// The plain dtypes: one value a group, decoded and encoded one by one.
#pragma once

#include <span>

#include "weft/abi/dtype.h"

namespace weft {

std::span<const weft_dtype> plain_dtypes();

}  // namespace weft
