// What the host may not do.
#pragma once

#include <string>
#include <string_view>

#include "tests/opaque/watch.hpp"
#include "weft/sdk/error.hpp"

namespace opaque {

/// INVALID_ARGUMENT, and a breach, where a rule of the ABI does not hold.
inline void must(Watch& watch, bool holds, std::string_view breach) {
  if (holds) return;
  watch.complain(breach);
  weft::sdk::refuse(std::string(breach));
}

}  // namespace opaque
