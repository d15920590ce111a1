// Messages of plugins, which may quote hostile files.
#pragma once

#include "core/base/controls.hpp"
#include "weft/status.hpp"

namespace weft {

/// The status with its message as one line of bounded length.
inline Status bounded(const Status& s) {
  constexpr std::size_t kMost = 2000;
  if (s.ok()) return s;
  std::string text = one_line(s.message().substr(0, kMost));
  if (s.message().size() > kMost) text += "...";
  return {s.code(), std::move(text)};
}

}  // namespace weft
