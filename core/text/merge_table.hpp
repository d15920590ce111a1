// The merges of byte-pair encoding: pairs of tokens, what they merge to, and when.
#pragma once

#include <cstdint>
#include <vector>

#include "core/text/token_table.hpp"

namespace weft {

inline constexpr std::size_t kMaxMerges = std::size_t{1} << 23;

class MergeTable {
 public:
  struct Merge {
    std::uint32_t rank = UINT32_MAX;  // lower ones first
    std::int32_t id = -1;             // -1: none
  };
  /// Room for this many, of which there may be kMaxMerges.
  void reserve(std::size_t merges);
  /// The next merge, of the next rank; it replaces one of the same pair.
  void add(std::int32_t left, std::int32_t right, std::int32_t id);
  std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }  // the next rank
  Merge find(std::int32_t left, std::int32_t right) const {
    if (slots_.empty() || left < 0 || right < 0) return {};
    const std::uint64_t hash = hash_of(left, right);
    if ((filter_[filter_word(hash)] & filter_bit(hash)) == 0) return {};  // most pairs end here, in few bytes of memory
    const std::uint32_t found = slots_[slot(left, right, hash)];
    return found == 0 ? Merge{} : Merge{rank_in(found), entries_[rank_in(found)].id};
  }
  /// Fetches what add() and find() of this pair look at first. Inlined early, for GCC 12 else takes the function for one
  /// that does nothing, and leaves its calls out.
  [[gnu::always_inline]] void prefetch(std::int32_t left, std::int32_t right) const {
    const std::uint64_t hash = hash_of(left, right);
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)], 1);
    __builtin_prefetch(&filter_[filter_word(hash)], 1);
  }

 private:
  struct Entry {
    std::int32_t left, right, id;
  };
  static std::uint64_t hash_of(std::int32_t left, std::int32_t right) {
    return hash_number(static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right));
  }
  // A slot: eight bits of the hash, and 24 of the rank plus one; 0 is a free one.
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32) & 0xFF000000u; }
  static std::uint32_t rank_in(std::uint32_t slot) { return (slot & 0xFFFFFFu) - 1; }
  std::size_t slot(std::int32_t left, std::int32_t right, std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      if (slots_[i] == 0) return i;
      if ((slots_[i] & 0xFF000000u) != tag_of(hash)) continue;
      const Entry& e = entries_[rank_in(slots_[i])];
      if (e.left == left && e.right == right) return i;
    }
  }
  void put(std::uint32_t rank);
  std::size_t filter_word(std::uint64_t hash) const { return hash >> 26 & (filter_.size() - 1); }
  static std::uint64_t filter_bit(std::uint64_t hash) { return std::uint64_t{1} << (hash >> 20 & 63); }

  std::vector<Entry> entries_;         // by rank: the frequent ones lie together
  std::vector<std::uint32_t> slots_;
  std::vector<std::uint64_t> filter_;  // a bit for each hash there is; eight bits a slot
};

}  // namespace weft
