// The plain dtypes: each value is a group of its own, decoded and encoded by itself.
#pragma once

#include <span>

#include "weft/abi/dtype.h"

namespace weft {

std::span<const weft_dtype> plain_dtypes();

}  // namespace weft
