// From the command line to a command and its options.
#pragma once

#include <string>
#include <vector>

#include "apps/weft/options.hpp"

namespace weft::app {

struct Parsed {
  const Command* command = nullptr;  // to run; its targets are set
  std::string text;                  // without a command: of --help or --version, to be printed
};

/// INVALID_ARGUMENT on a usage error, whose message names the help to read. `commands` outlive the result.
Result<Parsed> parse(int argc, char** argv, const Commands& commands);

/// Sets the targets of a command's options. INVALID_ARGUMENT says what is wrong, without naming a help to read.
Status parse_options(const Command& command, std::vector<std::string> arguments);

}  // namespace weft::app
