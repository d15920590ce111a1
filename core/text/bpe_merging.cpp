#include "core/text/bpe_merging.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

constexpr std::int32_t kMany = 4096;  // symbols; longer words first merge in the order of ranks, see run_in_order

std::uint64_t entry(std::uint32_t rank, std::int32_t at) {
  return static_cast<std::uint64_t>(rank) << 32 | static_cast<std::uint32_t>(at);
}

}  // namespace

Status BpeMerging::run() {
  const auto n = static_cast<std::int32_t>(symbols_.size());
  for (std::int32_t i = 0; i < n; ++i) {
    symbols_[i].previous = i - 1;
    symbols_[i].next = i + 1 < n ? i + 1 : -1;
  }
  in_order_ = n > kMany;
  for (std::int32_t i = 0; i + 1 < n; ++i) propose(i);
  if (in_order_) WEFT_CHECK_OK(run_in_order());
  while (!heap_.empty()) {
    const std::uint64_t top = heap_.top();
    heap_.pop();
    WEFT_CHECK_OK(apply(static_cast<std::uint32_t>(top >> 32), static_cast<std::int32_t>(top & INT32_MAX)));
  }
  return {};
}

// For many symbols: keeps a list of places for each rank, as long as ranks only rise. This takes linear time; a heap
// does not.
Status BpeMerging::run_in_order() {
  while (in_order_ && !ranks_.empty()) {
    now_ = ranks_.top();
    ranks_.pop();
    std::vector<std::int32_t> places = std::move(places_[now_]);
    places_.erase(now_);
    if (!std::is_sorted(places.begin(), places.end())) std::sort(places.begin(), places.end());
    std::size_t i = 0;
    while (in_order_ && i < places.size()) WEFT_CHECK_OK(apply(now_, places[i++]));
    for (; i < places.size(); ++i) heap_.push(entry(now_, places[i]));
  }
  for (const auto& [rank, places] : places_) {
    for (const std::int32_t at : places) heap_.push(entry(rank, at));
  }
  places_.clear();
  return {};
}

/// Pieces that merge by score are found by their text, so that a long one costs more.
MergeTable::Merge BpeMerging::merge_of(const BpeSymbol& left, const BpeSymbol& right) {
  steps_ += 1 + (model_.scored_ ? (right.end - left.begin) / 64 : 0);
  return model_.merge_of(word_, left, right);
}

void BpeMerging::propose(std::int32_t left) {
  if (left < 0 || symbols_[left].next < 0) return;
  const BpeSymbol &a = symbols_[left], &b = symbols_[a.next];
  const auto m = merge_of(a, b);
  if (m.id < 0) return;
  if (model_.any_unused_ && model_.scored_->unused[static_cast<std::size_t>(m.id)]) {
    halves_.insert_or_assign(m.id, std::pair(a, b));
  }
  if (in_order_ && started_ && m.rank <= now_) in_order_ = false;  // a lower rank has come, so that the heap takes over
  if (!in_order_) return heap_.push(entry(m.rank, left));
  auto [it, fresh] = places_.try_emplace(m.rank);
  if (fresh) ranks_.push(m.rank);
  it->second.push_back(left);
}

Status BpeMerging::apply(std::uint32_t rank, std::int32_t at) {
  started_ = true;
  const BpeSymbol& left = symbols_[at];
  if (left.next < 0) return {};
  WEFT_CHECK_OK(meter_.take(std::exchange(steps_, 0)));
  const auto m = merge_of(left, symbols_[left.next]);
  if (m.id < 0 || m.rank != rank) return {};  // one of the two symbols has changed since the pair was proposed
  join(at, m.id);
  propose(symbols_[at].previous);
  propose(at);
  return {};
}

void BpeMerging::join(std::int32_t at, std::int32_t id) {
  BpeSymbol& left = symbols_[at];
  BpeSymbol& right = symbols_[left.next];
  left.id = id;
  left.end = right.end;
  left.next = right.next;
  right.next = -2;
  if (left.next >= 0) symbols_[left.next].previous = at;
}

}  // namespace weft
