// Finds the token that is one character, by its code point.
#pragma once

#include <array>
#include <vector>

#include "core/text/token_table.hpp"
#include "core/text/unicode.hpp"

namespace weft {

class CharacterTokens {
 public:
  CharacterTokens() { pages_.fill(0); }
  explicit CharacterTokens(const TokenTable& tokens) : CharacterTokens() {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const auto id = static_cast<std::int32_t>(i);
      const std::string_view text = tokens.text(id);
      if (text.empty() || text.size() > 4 || tokens.is_hidden(id)) continue;
      const Utf8Step step = utf8_step(text);
      if (step.kind == Utf8Step::kCharacter && step.length == text.size()) at(step.code) = tokens.find(text);
    }
  }
  /// -1: no token is this character.
  std::int32_t operator[](std::uint32_t code) const { return ids_[pages_[code >> 8] + (code & 255)]; }

 private:
  std::int32_t& at(std::uint32_t code) {
    std::uint32_t& page = pages_[code >> 8];
    if (page == 0) {
      page = static_cast<std::uint32_t>(ids_.size());
      ids_.resize(ids_.size() + 256, -1);
    }
    return ids_[page + (code & 255)];
  }
  std::array<std::uint32_t, 0x1100> pages_;              // by code / 256: where in ids_ the page begins
  // The first page is all -1, for pages without a token.
  std::vector<std::int32_t> ids_ = std::vector<std::int32_t>(256, -1);
};

}  // namespace weft
