// Formatted errors for the core: error(Code::kNotFound, "no tensor {}", name). They are one line each.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft {

template <class... Args>
Status error(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return {code, fmt::format(format, std::forward<Args>(args)...)};
}
template <class... Args>
Status invalid(fmt::format_string<Args...> format, Args&&... args) {
  return {Code::kInvalidArgument, fmt::format(format, std::forward<Args>(args)...)};
}

/// With spaces for control characters: what others say, or name, in one line that moves no cursor.
inline std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

}  // namespace weft
