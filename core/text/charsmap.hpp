// SentencePiece's precompiled map of characters: a double-array trie, and the texts that its values point to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/status.hpp"

namespace weft {

class Charsmap {
 public:
  static Result<Charsmap> parse(std::string_view blob);
  static Result<Charsmap> parse_base64(std::string_view text);

  struct Match {
    std::size_t length = 0;  // 0: no rule
    std::string_view text;
    std::size_t steps = 0;  // how much work finding it was
  };
  /// The rule for the shortest (with `longest`, the longest) beginning of `text` that has one.
  Match find(std::string_view text, bool longest) const;

 private:
  std::vector<std::uint32_t> units_;
  std::string texts_;  // the texts, each ended by a zero byte
};

Result<std::string> decode_base64(std::string_view text);

}  // namespace weft
