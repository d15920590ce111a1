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
  void reserve(std::size_t merges);
  void set(std::int32_t left, std::int32_t right, Merge merge);  // replaces one of the same pair
  Merge find(std::int32_t left, std::int32_t right) const {
    if (entries_.empty() || left < 0 || right < 0) return {};
    const std::uint64_t pair = key(left, right), hash = hash_number(pair);
    if ((filter_[filter_word(hash)] >> (hash >> 58) & 1) == 0) return {};  // most pairs end here, in few bytes of memory
    return entries_[slot(pair, hash)].merge;  // of a free entry: none
  }
  /// Fetches what set() and find() of this pair look at.
  void prefetch(std::int32_t left, std::int32_t right) const {
    if (entries_.empty()) return;
    const std::uint64_t hash = hash_number(key(left, right));
    __builtin_prefetch(&entries_[hash & (entries_.size() - 1)], 1);
    __builtin_prefetch(&filter_[filter_word(hash)], 1);
  }

 private:
  struct Entry {
    std::uint64_t pair = UINT64_MAX;
    Merge merge;
  };
  void put(const Entry& given);
  static std::uint64_t key(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }
  std::size_t slot(std::uint64_t pair, std::uint64_t hash) const {
    const std::size_t mask = entries_.size() - 1;
    std::size_t i = hash & mask;
    while (entries_[i].pair != pair && entries_[i].pair != UINT64_MAX) i = (i + 1) & mask;
    return i;
  }
  std::size_t filter_word(std::uint64_t hash) const { return hash >> 32 & (filter_.size() - 1); }
  std::vector<Entry> entries_;
  std::vector<std::uint64_t> filter_;  // a bit for each hash there is; eight bits an entry
  std::size_t count_ = 0;
};

}  // namespace weft
