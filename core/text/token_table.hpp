// Finds tokens by id and by text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/status.hpp"

namespace weft {

inline constexpr std::size_t kMaxVocabulary = std::size_t{1} << 22;  // tokens; a larger vocabulary is refused
inline constexpr std::size_t kMaxTokenBytes = std::size_t{1} << 16, kMaxAllTokenBytes = std::size_t{1} << 25;

/// A seed that differs each time the program runs, so that nobody can write a file whose keys all collide.
extern const std::uint64_t kHashSeed;
inline std::uint64_t mix_numbers(std::uint64_t a, std::uint64_t b) {
  const auto wide = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
}
inline std::uint64_t hash_number(std::uint64_t number) { return mix_numbers(number ^ kHashSeed, 0x9E3779B97F4A7C15u); }
std::uint64_t hash_bytes(std::string_view bytes);

class TokenTable {
 public:
  /// Makes room for this many tokens with this many bytes in all.
  void reserve(std::size_t tokens, std::size_t bytes);
  /// Adds a token. Fails when the id is in use or out of range, or the text is in use. With `shadow` a text in use is
  /// allowed, and is found as the token added last.
  Status add(std::string_view text, std::int64_t id, bool shadow = false);
  struct Entry {
    std::string_view text;
    std::int64_t id;
    bool hidden = false;
  };
  /// Adds many tokens. Their memory is fetched ahead.
  Status add(std::span<const Entry> entries, bool shadow = false);
  /// Adds a token that has an id and a text but is never found by its text.
  Status add_hidden(std::string_view text, std::int64_t id);

  std::int32_t find(std::string_view text) const;      // -1: no token has this text
  /// Finds many texts. Their memory is fetched ahead.
  void find(std::span<const std::string_view> texts, std::span<std::int32_t> ids) const;
  /// Whether find(text) would give `id`. False may also mean that this is not known.
  bool is_surely(std::string_view text, std::int32_t id) const {
    return !shadows_ && has(id) && !is_hidden(id) && this->text(id) == text;
  }
  bool has(std::int32_t id) const { return id >= 0 && static_cast<std::size_t>(id) < size() && spans_[id].size >= 0; }
  std::string_view text(std::int32_t id) const {       // "" where no token has this id
    return has(id) ? std::string_view(arena_).substr(spans_[id].begin, static_cast<std::size_t>(spans_[id].size))
                   : std::string_view();
  }
  std::size_t size() const { return spans_.size(); }  // the largest id + 1
  std::size_t count() const { return count_; }        // how many texts can be found
  bool is_hidden(std::int32_t id) const { return has(id) && spans_[id].hidden != 0; }

 private:
  struct Span {
    std::uint32_t begin : 31 = 0, hidden : 1 = 0;
    std::int32_t size = -1;
  };
  struct Slot {  // holds a copy of the span, so that a lookup reads one cache line here and one of text
    std::int32_t id = -1;
    std::uint32_t hash = 0, begin = 0, size = 0;
  };
  Status append(std::string_view text, std::int64_t id, bool hidden);
  Status add_hashed(std::string_view text, std::uint64_t hash, std::int64_t id, bool shadow);
  std::size_t slot(std::string_view text, std::uint64_t hash) const;
  void grow(std::size_t slots);

  std::string arena_;
  std::vector<Span> spans_;
  std::vector<Slot> slots_;
  std::size_t count_ = 0;
  bool shadows_ = false;  // some text has two ids
};

}  // namespace weft
