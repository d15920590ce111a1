#include "core/text/merge_table.hpp"

#include <algorithm>
#include <bit>

#include "core/base/large_pages.hpp"

namespace weft {

void MergeTable::reserve(std::size_t merges) {
  const std::size_t wanted = std::bit_ceil(merges + merges / 2 + 16);
  if (wanted <= entries_.size()) return;
  const std::vector<Entry> old = std::move(entries_);
  entries_ = {};
  reserve_large(entries_, wanted);
  entries_.resize(wanted);
  filter_.assign(std::max<std::size_t>(wanted / 8, 1), 0);
  count_ = 0;
  for (const Entry& e : old) {
    if (e.pair != UINT64_MAX) put(e);
  }
}

void MergeTable::set(std::int32_t left, std::int32_t right, Merge merge) {
  if ((count_ + 1) * 4 > entries_.size() * 3) reserve(count_ * 2 + 16);
  put({key(left, right), merge});
}

void MergeTable::put(const Entry& given) {
  const std::uint64_t hash = hash_number(given.pair);
  Entry& entry = entries_[slot(given.pair, hash)];
  if (entry.pair == UINT64_MAX) ++count_;
  entry = given;
  filter_[filter_word(hash)] |= std::uint64_t{1} << (hash >> 58);
}

}  // namespace weft
