// Texts that a user gives as arguments, on standard input, or both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/status.hpp"

namespace weft::app {

/// Standard input is a file, a pipe or the like, and no terminal.
bool input_is_piped();

/// `given`; or standard input where that is "-", or nothing was given. The newline that ends the last line of standard
/// input is not part of the text. INVALID_ARGUMENT where standard input is empty.
Result<std::string> text_or_input(const std::optional<std::string>& given);

/// The words as one text, then, where standard input is piped or a word is "-", a blank line and standard input.
/// INVALID_ARGUMENT where all of it is empty.
Result<std::string> words_and_input(const std::vector<std::string>& words);

}  // namespace weft::app
