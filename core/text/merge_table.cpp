#include "core/text/merge_table.hpp"

#include <algorithm>
#include <bit>

#include "core/base/large_pages.hpp"

namespace weft {

void MergeTable::reserve(std::size_t merges) {
  merges = std::min(merges, kMaxMerges);
  const std::size_t wanted = std::bit_ceil(merges + merges / 2 + 16);
  if (wanted <= slots_.size()) return;
  const std::vector<Slot> old = std::move(slots_);
  slots_ = {};
  reserve_large(slots_, wanted);
  slots_.resize(wanted);
  filter_.assign(wanted / 8, 0);
  for (const Slot& s : old) {
    if (s.pair != UINT64_MAX) put(s);
  }
}

void MergeTable::add(std::int32_t left, std::int32_t right, std::int32_t id) {
  if ((std::size_t{size_} + 1) * 4 > slots_.size() * 3) reserve(std::size_t{size_} * 2 + 16);
  put({pair_of(left, right), {size_++, id}});
}

void MergeTable::put(const Slot& given) {
  const std::uint64_t hash = hash_number(given.pair);
  slots_[slot(given.pair, hash)] = given;
  filter_[filter_word(hash)] |= filter_bit(hash);
}

}  // namespace weft
