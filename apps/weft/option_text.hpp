// What the descriptions of options say, for those who tell people or shells of them.
#pragma once

#include <string>
#include <vector>

#include "apps/weft/options.hpp"

namespace weft::app {

/// A positional argument, as MODEL.
bool is_argument(const Option& option);
bool is_flag(const Option& option);
/// It may be given again, or has several values.
bool repeats(const Option& option);
/// "-o", "--output"
std::vector<std::string> names_of(const Option& option);
/// The value as a manual calls it: "FILE", "NUMBER", "TEXT", "f16|bf16"; "" of a flag.
std::string value_of(const Option& option);

}  // namespace weft::app
