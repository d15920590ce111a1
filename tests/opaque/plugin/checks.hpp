// What the host may not do.
#pragma once

#include <string>

#include "tests/opaque/watch.hpp"
#include "weft/sdk/error.hpp"

namespace opaque {

/// INVALID_ARGUMENT, and a breach, where a rule of the ABI does not hold.
inline void must(Watch& watch, bool holds, const std::string& breach) {
  if (holds) return;
  watch.complain(breach);
  weft::sdk::refuse(breach);
}

}  // namespace opaque
