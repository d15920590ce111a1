// The names on a command line, looked at before their values: of what is unknown, it tells what was meant.
#pragma once

#include <span>
#include <string>

#include "apps/weft/options.hpp"

namespace weft::app {

/// What is wrong with the names of options among the arguments of a command; "" if nothing. A parser that goes from
/// left to right takes the value of an unknown option for a positional argument, and then blames the last of those.
std::string wrong_option(const Command& command, std::span<const std::string> arguments);

/// What to say of a command that is not known; `typed` has two words where the first is a group's.
std::string unknown_command(const std::string& typed, const Commands& commands);

}  // namespace weft::app
