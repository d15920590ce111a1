// What the descriptions of options say, for those who tell people or shells of them.
#pragma once

#include <string>
#include <vector>

#include "apps/weft/options.hpp"

namespace weft::app {

/// "plugins" of the command "plugins new"; "" of a command whose name is one word.
std::string group_of(const Command& command);
/// "new" of the command "plugins new".
std::string last_word(const Command& command);
/// The commands of a group, by their last words: "new", "add", "remove" of "plugins".
std::vector<std::string> words_of_group(const Commands& commands, const std::string& group);

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
