#include "core/text/character_index.hpp"

#include <algorithm>

#include "core/text/unicode.hpp"

namespace weft {

CharacterIndex::CharacterIndex(std::string_view text)
    : text_(text), ascii_(std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; })) {
  if (ascii_) return;
  std::size_t at = 0;
  for_each_character(text, [&](std::uint32_t, std::string_view bytes) {
    begins_.push_back(at);
    at += bytes.size();
  });
  begins_.push_back(at);
}

std::size_t CharacterIndex::character(std::size_t byte) const {
  if (ascii_) return std::min(byte, text_.size());
  const auto after = std::upper_bound(begins_.begin(), begins_.end(), byte);
  return static_cast<std::size_t>(after - begins_.begin()) - 1;
}

std::size_t CharacterIndex::byte(std::size_t character) const {
  return ascii_ ? std::min(character, text_.size()) : begins_[std::min(character, begins_.size() - 1)];
}

std::string_view CharacterIndex::slice(std::size_t begin, std::size_t end) const {
  const std::size_t from = byte(begin), to = byte(end);
  return text_.substr(from, to > from ? to - from : 0);
}

}  // namespace weft
