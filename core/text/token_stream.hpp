// Turns the tokens of one text into text as they come. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft {

/// After an error it must not be used.
class TokenStream {
 public:
  virtual ~TokenStream() = default;
  /// Appends the text that has become certain; never a part of a character. `id`: -1 where the token is given by its
  /// text alone.
  virtual Status push(std::int32_t id, std::string_view token, std::string& out) = 0;
  /// Appends the rest and begins a new text.
  virtual Status flush(std::string& out) = 0;
};

}  // namespace weft
