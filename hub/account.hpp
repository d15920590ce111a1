// To whom a token belongs.
#pragma once

#include "hub/settings.hpp"

namespace weft::hub {

/// The name of the account of the settings' token. UNAUTHENTICATED when the Hub does not know the token.
Result<std::string> account_name(const Settings& settings);

}  // namespace weft::hub
