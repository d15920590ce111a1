// The tokens of words seen lately. One thread at a time.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/text/model.hpp"

namespace weft {

class WordCache {
 public:
  static constexpr std::size_t kMaxWord = 64, kMaxTokens = 64;  // bytes and tokens of a word; longer words are not kept

  /// The tokens of `word`; none where the cache does not have it. Valid until the next insert.
  std::optional<std::span<const Token>> find(std::string_view word, std::uint64_t hash) const {
    if (slots_.empty()) return std::nullopt;
    for (std::size_t i = hash & kMask;; i = (i + 1) & kMask) {
      const Slot& s = slots_[i];
      if (s.n == 0) return std::nullopt;
      if (s.hash == hash && s.size == word.size() && std::memcmp(&records_[s.record], word.data(), s.size) == 0) {
        return std::span<const Token>(&records_[s.record] + cells_of(s.size), s.n);
      }
    }
  }
  void insert(std::string_view word, std::uint64_t hash, std::span<const Token> tokens) {
    if (word.size() > kMaxWord || tokens.empty() || tokens.size() > kMaxTokens) return;
    if (slots_.empty() || used_ * 2 >= kSlots) clear();
    const Slot slot{hash, static_cast<std::uint32_t>(records_.size()), static_cast<std::uint16_t>(word.size()),
                    static_cast<std::uint16_t>(tokens.size())};
    records_.resize(records_.size() + cells_of(word.size()));
    std::memcpy(&records_[slot.record], word.data(), word.size());
    records_.insert(records_.end(), tokens.begin(), tokens.end());
    std::size_t i = hash & kMask;  // done last, so that a failed insert leaves nothing to be found
    while (slots_[i].n != 0) i = (i + 1) & kMask;
    slots_[i] = slot;
    ++used_;
  }

 private:
  static constexpr std::size_t kSlots = std::size_t{1} << 17, kMask = kSlots - 1;
  static constexpr std::size_t cells_of(std::size_t bytes) { return (bytes + sizeof(Token) - 1) / sizeof(Token); }
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t record = 0;
    std::uint16_t size = 0, n = 0;  // n 0: the slot is free
  };
  void clear() {
    slots_.assign(kSlots, Slot{});
    records_.clear();
    used_ = 0;
  }

  std::vector<Slot> slots_;
  std::vector<Token> records_;  // for each word its bytes, in as many cells as they need, then its tokens
  std::size_t used_ = 0;
};

}  // namespace weft
