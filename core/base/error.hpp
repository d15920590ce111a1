// Formatted errors for the core: error(Code::kNotFound, "no tensor {}", name). Each is one line.
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

/// Replaces control characters by spaces, so that text from elsewhere stays one line and moves no cursor.
inline std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

}  // namespace weft
