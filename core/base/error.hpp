// Formatted errors for the core: error(Code::kNotFound, "no tensor {}", name).
#pragma once

#include <fmt/format.h>

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
