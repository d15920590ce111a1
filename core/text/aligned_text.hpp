// Text that remembers where in the input each of its bytes came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Bytes of the input, as offsets.
struct Origin {
  std::uint32_t begin, end;
  bool operator==(const Origin&) const = default;
};

/// `origins` is empty while byte i came from the input's byte base + i, else it has one entry a byte.
struct AlignedText {
  std::string bytes;
  std::vector<Origin> origins;
  std::uint32_t base = 0;

  Origin origin(std::size_t i) const {
    const auto at = base + static_cast<std::uint32_t>(i);
    return origins.empty() ? Origin{at, at + 1} : origins[i];
  }
  /// Of the bytes [begin, end); as a place alone when there are none.
  Origin origin(std::size_t begin, std::size_t end) const;
  /// Writes the origins out, as every edit of tracked text needs.
  void track();
  AlignedText slice(std::size_t begin, std::size_t end) const;
  /// Puts `prefix` before the first character, as part of it. `bytes` must not be empty.
  void prepend(std::string_view prefix, bool tracked);
};

/// Writes a new version of a text, character by character. With `tracked` the origins follow: as the
/// reference does it, a character put in place of one has that one's, an inserted one has those of the
/// byte before it.
class Rewriter {
 public:
  Rewriter(AlignedText& text, bool tracked);

  /// Leaves out the next `n` characters.
  void skip(std::size_t n);
  /// change > 0: an inserted character; else it replaces the next one, and -change more are left out.
  void put(std::string_view character, std::ptrdiff_t change);
  void put(std::uint32_t code, std::ptrdiff_t change);
  /// Copies the bytes [begin, end) of the old text; put() does not count them.
  void copy(std::size_t begin, std::size_t end);
  /// Inserts `bytes` where the old text's byte `at` is.
  void insert_at(std::size_t at, std::string_view bytes);
  /// The old text becomes the new one.
  void finish();

 private:
  AlignedText& text_;
  bool tracked_;
  std::string bytes_;
  std::vector<Origin> origins_;
  std::size_t at_ = 0;
};

}  // namespace weft
