// Characters that a terminal obeys, or that change the order in which text is shown: C0 and C1 controls, DEL, and the
// embeddings, overrides and isolates of bidirectional text.
#pragma once

#include <string>
#include <string_view>

namespace weft {

/// How many bytes such a character at `text[i]` has, where a character begins; 0: it is another one.
std::size_t control_at(std::string_view text, std::size_t i);

/// With a space in place of each, so that text from elsewhere stays one line and moves no cursor.
std::string one_line(std::string_view text);
/// With U+FFFD in place of each but line feeds and tabs: text from elsewhere as a terminal may get it.
std::string for_terminal(std::string_view text);

}  // namespace weft
