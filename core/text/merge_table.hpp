// The merges of byte-pair encoding: which pairs of tokens merge, into which token, and in which order.
#pragma once

#include <cstdint>
#include <vector>

#include "core/text/token_table.hpp"

namespace weft {

inline constexpr std::size_t kMaxMerges = std::size_t{1} << 23;  // a vocabulary with more is refused

class MergeTable {
 public:
  struct Merge {
    std::uint32_t rank = UINT32_MAX;  // pairs of lower rank merge first
    std::int32_t id = -1;             // -1: the pair does not merge
  };
  /// Makes room for this many merges, at most kMaxMerges.
  void reserve(std::size_t merges);
  /// Adds a merge with the next rank. It replaces an earlier merge of the same pair.
  void add(std::int32_t left, std::int32_t right, std::int32_t id);
  std::uint32_t size() const { return size_; }  // the next rank
  Merge find(std::int32_t left, std::int32_t right) const {
    if (slots_.empty() || left < 0 || right < 0) return {};
    const std::uint64_t pair = pair_of(left, right), hash = hash_number(pair);
    // Most pairs end here, after one look at little memory.
    if ((filter_[filter_word(hash)] & filter_bit(hash)) == 0) return {};
    return slots_[slot(pair, hash)].merge;  // a free slot has no merge
  }
  /// Fetches the memory that add() and find() of this pair look at first. always_inline, because GCC 12 otherwise takes
  /// the function for one without effect and drops its calls.
  [[gnu::always_inline]] void prefetch(std::int32_t left, std::int32_t right) const {
    const std::uint64_t hash = hash_number(pair_of(left, right));
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)], 1);
    __builtin_prefetch(&filter_[filter_word(hash)], 1);
  }

 private:
  struct Slot {
    std::uint64_t pair = UINT64_MAX;  // this value: the slot is free
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
  std::vector<std::uint64_t> filter_;  // a bloom filter with eight bits for each slot
  std::uint32_t size_ = 0;
};

}  // namespace weft
