// Whose token it is.
#pragma once

#include "hub/settings.hpp"

namespace weft::hub {

/// UNAUTHENTICATED when the Hub does not know the token.
Result<std::string> account_name(const Settings& settings);

}  // namespace weft::hub
