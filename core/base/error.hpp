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

}  // namespace weft
