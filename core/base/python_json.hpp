// JSON as Python's json module writes it.
#pragma once

#include <string>

namespace weft {

/// `Infinity` and `-Infinity` outside of strings, which JSON has not, become null; other bytes stay where they are.
inline std::string infinities_as_null(std::string text) {
  constexpr std::string_view kName = "Infinity";
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text.compare(i, kName.size(), kName) == 0) {
      if (i > 0 && text[i - 1] == '-') text[i - 1] = ' ';
      text.replace(i, kName.size(), "null    ");
    }
  }
  return text;
}

}  // namespace weft
