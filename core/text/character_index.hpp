// Offsets of a text in bytes and in characters (code points).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

/// The text must outlive it. Each ill-formed part counts as one character.
class CharacterIndex {
 public:
  explicit CharacterIndex(std::string_view text);

  std::string_view text() const { return text_; }
  std::size_t size() const { return ascii_ ? text_.size() : begins_.size() - 1; }
  /// The character that has byte `byte`; of the text's end the number of characters.
  std::size_t character(std::size_t byte) const;
  /// Where a character begins; of a number that no character has, the text's end.
  std::size_t byte(std::size_t character) const;
  /// The characters from `begin` up to but without `end`; beyond the text there are none.
  std::string_view slice(std::size_t begin, std::size_t end) const;

 private:
  std::string_view text_;
  bool ascii_;
  std::vector<std::size_t> begins_;  // the byte where each character begins, and the text's end; unless it is ASCII
};

}  // namespace weft
