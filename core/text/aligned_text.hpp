// Text that remembers where in the input each of its bytes came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// A range of bytes of the input.
struct Origin {
  std::uint32_t begin, end;
  bool operator==(const Origin&) const = default;
};

/// `origins` has one entry for each byte. While it is empty, byte i came from byte base + i of the input.
struct AlignedText {
  std::string bytes;
  std::vector<Origin> origins;
  std::uint32_t base = 0;

  Origin origin(std::size_t i) const {
    const auto at = base + static_cast<std::uint32_t>(i);
    return origins.empty() ? Origin{at, at + 1} : origins[i];
  }
  /// The origin of the bytes [begin, end); where begin == end, the place between two bytes.
  Origin origin(std::size_t begin, std::size_t end) const;
  /// Fills `origins`. Every edit of a tracked text needs them.
  void track();
  AlignedText slice(std::size_t begin, std::size_t end) const;
  /// Puts `prefix` before the first character, with that character's origin. `bytes` must not be empty.
  void prepend(std::string_view prefix, bool tracked);
};

/// Writes a new version of a text, character by character. With `tracked` the origins follow, as the reference has
/// them: a character that replaces one takes its origin, an inserted one that of the byte before it.
class Rewriter {
 public:
  Rewriter(AlignedText& text, bool tracked);

  /// Leaves out the next `n` characters.
  void skip(std::size_t n);
  /// change > 0: `character` is inserted. Otherwise it replaces the next character, and -change more are left out.
  void put(std::string_view character, std::ptrdiff_t change);
  void put(std::uint32_t code, std::ptrdiff_t change);
  /// Copies the bytes [begin, end) of the old text; put() does not count them.
  void copy(std::size_t begin, std::size_t end);
  /// Inserts `bytes` before byte `at` of the old text.
  void insert_at(std::size_t at, std::string_view bytes);
  /// Replaces the old text by the new one.
  void finish();

 private:
  AlignedText& text_;
  bool tracked_;
  std::string bytes_;
  std::vector<Origin> origins_;
  std::size_t at_ = 0;
};

}  // namespace weft
