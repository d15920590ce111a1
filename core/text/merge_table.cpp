#include "core/text/merge_table.hpp"

#include <algorithm>
#include <bit>

#include "core/base/large_pages.hpp"

namespace weft {

void MergeTable::reserve(std::size_t merges) {
  merges = std::min(merges, kMaxMerges);
  reserve_large(entries_, merges);
  const std::size_t wanted = std::bit_ceil(merges + merges / 2 + 16);
  if (wanted <= slots_.size()) return;
  slots_ = {};
  reserve_large(slots_, wanted);
  slots_.resize(wanted);
  filter_.assign(wanted / 8, 0);
  for (std::uint32_t rank = 0; rank < size(); ++rank) put(rank);
}

void MergeTable::add(std::int32_t left, std::int32_t right, std::int32_t id) {
  if ((entries_.size() + 1) * 4 > slots_.size() * 3) reserve(entries_.size() * 2 + 16);
  entries_.push_back({left, right, id});
  put(size() - 1);
}

void MergeTable::put(std::uint32_t rank) {
  const Entry& e = entries_[rank];
  const std::uint64_t hash = hash_of(e.left, e.right);
  slots_[slot(e.left, e.right, hash)] = tag_of(hash) | (rank + 1);
  filter_[filter_word(hash)] |= filter_bit(hash);
}

}  // namespace weft
