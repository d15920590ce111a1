// The ABI's JSON view over a parsed document.
#pragma once

#include "core/base/json.hpp"
#include "weft/abi/json.h"

namespace weft {

/// A view of `root`, which may be null (an absent document) and must outlive the view.
weft_json make_json_view(const Json* root);

}  // namespace weft
