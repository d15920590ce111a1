// Tokens of the words met lately. One thread at a time.
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "core/text/model.hpp"

namespace weft {

class WordCache {
 public:
  static constexpr std::size_t kMaxWord = 64;

  /// The tokens of `word`; none where it isn't known. Valid until the next insert.
  std::optional<std::span<const Token>> find(std::string_view word, std::uint64_t hash) const {
    if (slots_.empty()) return std::nullopt;
    for (std::size_t i = hash & kMask;; i = (i + 1) & kMask) {
      const Slot& s = slots_[i];
      if (s.n == 0) return std::nullopt;
      if (s.hash == hash && s.size == word.size() && std::memcmp(keys_.data() + s.key, word.data(), s.size) == 0) {
        return std::span(tokens_).subspan(s.tokens, s.n);
      }
    }
  }
  void insert(std::string_view word, std::uint64_t hash, std::span<const Token> tokens) {
    if (word.size() > kMaxWord || tokens.empty() || tokens.size() > UINT16_MAX) return;
    if (slots_.empty() || used_ * 2 >= kSlots) clear();
    const Slot slot{hash, static_cast<std::uint32_t>(keys_.size()), static_cast<std::uint32_t>(tokens_.size()),
                    static_cast<std::uint16_t>(word.size()), static_cast<std::uint16_t>(tokens.size())};
    keys_.insert(keys_.end(), word.begin(), word.end());
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    std::size_t i = hash & kMask;  // last, so that a failed insert leaves nothing to be found
    while (slots_[i].n != 0) i = (i + 1) & kMask;
    slots_[i] = slot;
    ++used_;
  }

 private:
  static constexpr std::size_t kSlots = std::size_t{1} << 16, kMask = kSlots - 1;
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t key = 0, tokens = 0;
    std::uint16_t size = 0, n = 0;  // n 0: free
  };
  void clear() {
    slots_.assign(kSlots, Slot{});
    keys_.clear();
    tokens_.clear();
    used_ = 0;
  }

  std::vector<Slot> slots_;
  std::vector<char> keys_;
  std::vector<Token> tokens_;
  std::size_t used_ = 0;
};

}  // namespace weft
