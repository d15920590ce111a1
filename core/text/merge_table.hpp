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
  std::uint32_t size() const { return size_; }  // the next rank
  Merge find(std::int32_t left, std::int32_t right) const {
    if (slots_.empty() || left < 0 || right < 0) return {};
    const std::uint64_t pair = pair_of(left, right), hash = hash_number(pair);
    if ((filter_[filter_word(hash)] & filter_bit(hash)) == 0) return {};  // most pairs end here, in few bytes of memory
    return slots_[slot(pair, hash)].merge;  // of a free one: none
  }
  /// Fetches what add() and find() of this pair look at first. Inlined early, for GCC 12 else takes the function for one
  /// that does nothing, and leaves its calls out.
  [[gnu::always_inline]] void prefetch(std::int32_t left, std::int32_t right) const {
    const std::uint64_t hash = hash_number(pair_of(left, right));
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)], 1);
    __builtin_prefetch(&filter_[filter_word(hash)], 1);
  }

 private:
  struct Slot {
    std::uint64_t pair = UINT64_MAX;  // so: a free one
    Merge merge;
  };
  static std::uint64_t pair_of(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }
  std::size_t slot(std::uint64_t pair, std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = hash & mask;
    while (slots_[i].pair != pair && slots_[i].pair != UINT64_MAX) i = (i + 1) & mask;
    return i;
  }
  void put(const Slot& given);
  std::size_t filter_word(std::uint64_t hash) const { return hash >> 32 & (filter_.size() - 1); }
  static std::uint64_t filter_bit(std::uint64_t hash) { return std::uint64_t{1} << (hash >> 58); }

  std::vector<Slot> slots_;
  std::vector<std::uint64_t> filter_;  // a bit for each hash there is; eight bits a slot
  std::uint32_t size_ = 0;
};

}  // namespace weft
