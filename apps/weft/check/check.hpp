// What the commands for authors of plugins, check and probe, share.
#pragma once

#include "weft/status.hpp"

namespace weft::app {

constexpr double kMostSeconds = 86400;  // that a plugin may be given

/// What `weft plugins check` and `probe` exit with after an error: 1, the plugin is wrong; 3, it could not be checked.
int exit_code_of_check(const Status& s);

}  // namespace weft::app
