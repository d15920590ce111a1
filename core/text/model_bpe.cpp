#include "core/text/model_bpe.hpp"

#include <algorithm>
#include <bit>
#include <queue>
#include <unordered_map>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

std::size_t spread(std::uint64_t key) {
  key *= 0x9E3779B97F4A7C15u;
  return static_cast<std::size_t>(key ^ key >> 29);
}

constexpr std::string_view kMark = "\xE2\x96\x81";

bool has_inner_mark(std::string_view text) {
  for (std::size_t at = text.find(kMark, 1); at != text.npos; at = text.find(kMark, at + 1)) {
    if (!text.substr(0, at).ends_with(kMark)) return true;
  }
  return false;
}

// Lower for higher scores, equal for equal ones.
std::uint32_t rank_of(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);
  const std::uint32_t ascending = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return ~ascending;
}

}  // namespace

std::size_t MergeTable::slot(std::uint64_t pair) const {
  const std::size_t mask = entries_.size() - 1;
  std::size_t i = spread(pair) & mask;
  while (entries_[i].pair != pair && entries_[i].pair != UINT64_MAX) i = (i + 1) & mask;
  return i;
}

void MergeTable::reserve(std::size_t merges) {
  const std::size_t wanted = std::bit_ceil(merges * 2 + 16);
  if (wanted <= entries_.size()) return;
  const std::vector<Entry> old = std::move(entries_);
  entries_.assign(wanted, Entry{});
  for (const Entry& e : old) {
    if (e.pair != UINT64_MAX) entries_[slot(e.pair)] = e;
  }
}

void MergeTable::set(std::int32_t left, std::int32_t right, Merge merge) {
  if ((count_ + 1) * 2 > entries_.size()) reserve(entries_.size() * 2);
  Entry& entry = entries_[slot(pair_key(left, right))];
  if (entry.pair == UINT64_MAX) ++count_;
  entry = {pair_key(left, right), merge};
}

MergeTable::Merge MergeTable::find(std::int32_t left, std::int32_t right) const {
  if (entries_.empty() || left < 0 || right < 0) return {};
  const Entry& entry = entries_[slot(pair_key(left, right))];
  return entry.pair == UINT64_MAX ? Merge{} : entry.merge;
}

// --- making one ----------------------------------------------------------------------------------

Result<std::unique_ptr<Bpe>> Bpe::create(TokenTable tokens, BpeOptions options, std::size_t merges) {
  auto model = std::make_unique<Bpe>();
  model->merges_.reserve(merges);
  model->tokens_ = std::move(tokens);
  model->options_ = std::move(options);
  if (model->options_.unk) {
    model->unk_ = model->tokens_.find(*model->options_.unk);
    if (model->unk_ < 0) return invalid("tokenizer: unk_token '{}' is not a token", *model->options_.unk);
  }
  if (model->options_.byte_fallback) model->bytes_.emplace(model->tokens_);
  const bool affixes = !model->options_.continuing_prefix.empty() || !model->options_.end_suffix.empty();
  model->has_mark_ = !affixes && model->tokens_.find(kMark) >= 0;
  return model;
}

Status Bpe::add_merge(std::string_view left, std::string_view right, std::uint32_t rank) {
  const std::int32_t a = tokens_.find(left), b = tokens_.find(right);
  if (a < 0 || b < 0) {
    return invalid("tokenizer: merge {} is of '{}', which is not a token", rank, valid_utf8(a < 0 ? left : right));
  }
  // The reference takes the prefix's length off, whatever the bytes.
  if (right.size() < options_.continuing_prefix.size()) {
    return invalid("tokenizer: merge {} is of '{}', which lacks the prefix '{}'", rank, valid_utf8(right),
                   options_.continuing_prefix);
  }
  std::string both(left);
  both += right.substr(options_.continuing_prefix.size());
  const std::int32_t merged = tokens_.find(both);
  if (merged < 0) return invalid("tokenizer: merge {} makes '{}', which is not a token", rank, valid_utf8(both));
  merges_across_marks_ = merges_across_marks_ || has_inner_mark(both);
  merges_.set(a, b, {rank, merged});
  return {};
}

Result<std::unique_ptr<TokenModel>> Bpe::create_scored(TokenTable tokens, ScoredPieces pieces, bool ignore_merges) {
  auto model = std::make_unique<Bpe>();
  model->tokens_ = std::move(tokens);
  model->unk_ = pieces.unk;
  model->options_.ignore_merges = ignore_merges;
  for (const std::int32_t id : pieces.whole) model->whole_.insert(model->tokens_.text(id), id);
  model->scored_ = std::move(pieces);
  model->has_mark_ = model->tokens_.find(kMark) >= 0;
  for (std::size_t i = 0; i < model->tokens_.size() && !model->merges_across_marks_; ++i) {
    model->merges_across_marks_ = has_inner_mark(model->tokens_.text(static_cast<std::int32_t>(i)));
  }
  return std::unique_ptr<TokenModel>(std::move(model));
}

// --- splitting -----------------------------------------------------------------------------------

// One symbol a character. An unknown one waits until a known one follows, so that a run of them can
// fuse; the byte tokens do not count as known, as in the reference.
void Bpe::split(std::string_view word, std::vector<Symbol>& out) const {
  std::uint32_t at = 0, unknown = 0;  // bytes that wait
  bool waits = false;
  const auto add = [&](std::int32_t id, std::uint32_t size) {
    const std::uint32_t begin = out.empty() ? 0 : out.back().end;
    out.push_back({id, begin, begin + size, -1, -1, false});
  };
  const auto flush = [&] {
    if (waits) add(unk_, unknown);
    waits = false;
    unknown = 0;
  };
  const bool plain = options_.continuing_prefix.empty() && options_.end_suffix.empty();
  std::string spelt;
  for_each_character(word, [&](std::uint32_t, std::string_view character) {
    const auto size = static_cast<std::uint32_t>(character.size());
    std::string_view text = character;
    if (!plain) {
      spelt = at > 0 ? options_.continuing_prefix : std::string();
      spelt += character;
      if (at + size == word.size()) spelt += options_.end_suffix;
      text = spelt;
    }
    at += size;
    if (const std::int32_t known = tokens_.find(text); known >= 0) {
      flush();
      add(known, size);
    } else if (bytes_ && bytes_->has_all(text)) {
      for (const char c : text) add((*bytes_)[c], 1);
    } else if (unk_ >= 0) {
      if (!options_.fuse_unk) flush();
      waits = true;
      unknown += size;
    }
  });
  flush();
}

void Bpe::split_scored(std::string_view word, std::vector<Symbol>& out) const {
  for (std::size_t at = 0; at < word.size();) {
    const std::string_view rest = word.substr(at);
    const Trie::Match whole = whole_.empty() ? Trie::Match{} : whole_.longest(rest);
    const std::size_t size = whole.value >= 0 ? whole.length : utf8_step(rest).length;
    const std::int32_t id = whole.value >= 0 ? whole.value : tokens_.find(rest.substr(0, size));
    out.push_back({id, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + size), -1, -1, whole.value >= 0});
    at += size;
  }
}

MergeTable::Merge Bpe::merge_of(std::string_view word, const Symbol& left, const Symbol& right) const {
  if (!scored_) return merges_.find(left.id, right.id);
  if (left.whole || right.whole) return {};
  const std::int32_t id = tokens_.find(word.substr(left.begin, right.end - left.begin));
  return id < 0 ? MergeTable::Merge{} : MergeTable::Merge{rank_of(scored_->scores[static_cast<std::size_t>(id)]), id};
}

// --- merging -------------------------------------------------------------------------------------

// The merges of one word, best first and, among equals, leftmost first.
class Bpe::Merging {
 public:
  Merging(const Bpe& model, std::string_view word, std::vector<Symbol>& symbols)
      : model_(model), word_(word), symbols_(symbols) {}

  void run() {
    const auto n = static_cast<std::int32_t>(symbols_.size());
    for (std::int32_t i = 0; i < n; ++i) {
      symbols_[i].previous = i - 1;
      symbols_[i].next = i + 1 < n ? i + 1 : -1;
    }
    if (n <= kFew && !model_.scored_) return few();
    in_order_ = n > kMany;
    for (std::int32_t i = 0; i + 1 < n; ++i) propose(i);
    if (in_order_) run_in_order();
    while (!heap_.empty()) {
      const std::uint64_t top = heap_.top();
      heap_.pop();
      apply(static_cast<std::uint32_t>(top >> 32), static_cast<std::int32_t>(top & INT32_MAX));
    }
  }

  /// What an unused piece was made of.
  const std::pair<Symbol, Symbol>* halves(std::int32_t id) const {
    const auto it = halves_.find(id);
    return it == halves_.end() ? nullptr : &it->second;
  }

 private:
  static constexpr std::int32_t kFew = 20, kMany = 4096;

  // Few symbols: look at all pairs each time.
  void few() {
    std::uint32_t ranks[kFew];
    const auto look = [&](std::int32_t i) {
      const Symbol& s = symbols_[i];
      ranks[i] = UINT32_MAX;
      if (s.next < 0) return;
      const auto m = model_.merges_.find(s.id, symbols_[s.next].id);
      if (m.id >= 0) ranks[i] = m.rank;
    };
    const auto n = static_cast<std::int32_t>(symbols_.size());
    for (std::int32_t i = 0; i < n; ++i) look(i);
    for (;;) {
      std::int32_t best = 0;
      for (std::int32_t i = 1; i < n; ++i) {
        if (ranks[i] < ranks[best]) best = i;
      }
      if (n == 0 || ranks[best] == UINT32_MAX) return;
      const std::int32_t gone = symbols_[best].next;
      join(best, model_.merges_.find(symbols_[best].id, symbols_[gone].id).id);
      ranks[gone] = UINT32_MAX;
      look(best);
      if (symbols_[best].previous >= 0) look(symbols_[best].previous);
    }
  }

  // Many symbols: positions by rank, as long as ranks only rise; that is linear where a heap is not.
  void run_in_order() {
    while (in_order_ && !ranks_.empty()) {
      now_ = ranks_.top();
      ranks_.pop();
      std::vector<std::int32_t> places = std::move(places_[now_]);
      places_.erase(now_);
      if (!std::is_sorted(places.begin(), places.end())) std::sort(places.begin(), places.end());
      std::size_t i = 0;
      while (in_order_ && i < places.size()) apply(now_, places[i++]);
      for (; i < places.size(); ++i) heap_.push(entry(now_, places[i]));
    }
    for (const auto& [rank, places] : places_) {
      for (const std::int32_t at : places) heap_.push(entry(rank, at));
    }
    places_.clear();
  }

  static std::uint64_t entry(std::uint32_t rank, std::int32_t at) {
    return static_cast<std::uint64_t>(rank) << 32 | static_cast<std::uint32_t>(at);
  }

  void propose(std::int32_t left) {
    if (left < 0 || symbols_[left].next < 0) return;
    const Symbol &a = symbols_[left], &b = symbols_[a.next];
    const auto m = model_.merge_of(word_, a, b);
    if (m.id < 0) return;
    if (model_.scored_ && model_.scored_->unused[static_cast<std::size_t>(m.id)]) halves_.insert_or_assign(m.id, std::pair(a, b));
    if (in_order_ && started_ && m.rank <= now_) in_order_ = false;  // the heap takes over
    if (!in_order_) return heap_.push(entry(m.rank, left));
    auto [it, fresh] = places_.try_emplace(m.rank);
    if (fresh) ranks_.push(m.rank);
    it->second.push_back(left);
  }

  void apply(std::uint32_t rank, std::int32_t at) {
    started_ = true;
    const Symbol& left = symbols_[at];
    if (left.next < 0) return;
    const auto m = model_.merge_of(word_, left, symbols_[left.next]);
    if (m.id < 0 || m.rank != rank) return;  // one of the two has changed since
    join(at, m.id);
    propose(symbols_[at].previous);
    propose(at);
  }

  void join(std::int32_t at, std::int32_t id) {
    Symbol& left = symbols_[at];
    Symbol& right = symbols_[left.next];
    left.id = id;
    left.end = right.end;
    left.next = right.next;
    right.next = -2;
    if (left.next >= 0) symbols_[left.next].previous = at;
  }

  const Bpe& model_;
  std::string_view word_;
  std::vector<Symbol>& symbols_;
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> heap_;
  bool in_order_ = false, started_ = false;
  std::uint32_t now_ = 0;
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ranks_;
  std::unordered_map<std::uint32_t, std::vector<std::int32_t>> places_;
  std::unordered_map<std::int32_t, std::pair<Symbol, Symbol>> halves_;
};

void Bpe::emit(const Symbol& s, std::string_view word, const Merging& merging, std::vector<Token>& out) const {
  std::vector<Symbol> rest{s};  // unused pieces are taken apart
  while (!rest.empty()) {
    const Symbol top = rest.back();
    rest.pop_back();
    if (top.id >= 0 && scored_ && scored_->unused[static_cast<std::size_t>(top.id)]) {
      if (const auto* halves = merging.halves(top.id)) {
        // The halves tell sizes; where they lie follows from this piece.
        Symbol left = halves->first, right = halves->second;
        const std::uint32_t size = left.end - left.begin;
        left.begin = top.begin, left.end = top.begin + size;
        right.begin = left.end, right.end = top.end;
        rest.push_back(right);
        rest.push_back(left);
        continue;
      }
    }
    if (top.id >= 0) {
      out.push_back({top.id, top.begin, top.end});
    } else if (scored_ && !scored_->bytes.empty()) {
      for (std::uint32_t i = top.begin; i < top.end; ++i) {  // the last one has the character, the others its place
        out.push_back({scored_->bytes[static_cast<std::uint8_t>(word[i])], top.begin, i + 1 == top.end ? top.end : top.begin});
      }
    } else if (unk_ >= 0) {
      const bool fuses = !out.empty() && out.back().id == unk_ && out.back().end == top.begin && top.begin > 0;
      if (fuses) out.back().end = top.end;
      else out.push_back({unk_, top.begin, top.end});
    }
  }
}

Status Bpe::encode(std::string_view word, std::vector<Token>& out) const {
  if (options_.ignore_merges) {
    if (const std::int32_t whole = tokens_.find(word); whole >= 0) {
      out.push_back({whole, 0, static_cast<std::uint32_t>(word.size())});
      return {};
    }
  }
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  if (scored_) split_scored(word, symbols);
  else split(word, symbols);
  Merging merging(*this, word, symbols);
  merging.run();
  for (const Symbol& s : symbols) {
    if (s.next == -2) continue;
    if (scored_) emit(s, word, merging, out);
    else out.push_back({s.id, s.begin, s.end});
  }
  return {};
}

}  // namespace weft
