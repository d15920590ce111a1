#include "core/text/tokenizer_bpe.hpp"

#include <queue>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

}  // namespace

Result<Bpe> Bpe::create(BpeOptions options) {
  Bpe bpe;
  bpe.options_ = std::move(options);
  return bpe;
}

Status Bpe::add_token(std::string_view text, std::int32_t id, bool mergeable) {
  if (id < 0 || static_cast<std::size_t>(id) >= kMaxVocabulary) {
    return invalid("tokenizer: token id {} is outside 0..{}", id, kMaxVocabulary - 1);
  }
  if (text.size() > kMaxTokenBytes) {
    return invalid("tokenizer: token {} has {} bytes, at most {}", id, text.size(), kMaxTokenBytes);
  }
  const auto at = static_cast<std::size_t>(id);
  if (at >= texts_.size()) {
    texts_.resize(at + 1, nullptr);
    mergeable_.resize(at + 1, false);
  }
  if (texts_[at]) {
    return invalid("tokenizer: id {} belongs to both '{}' and '{}'", id, *texts_[at],
                   valid_utf8(text));
  }
  const auto [entry, fresh] = ids_.try_emplace(std::string(text), id);
  if (!fresh && mergeable) {
    return invalid("tokenizer: token '{}' has both id {} and id {}", valid_utf8(text),
                   entry->second, id);
  }
  texts_[at] = &entry->first;
  mergeable_[at] = mergeable;
  return {};
}

Status Bpe::add_merge(std::string_view left, std::string_view right) {
  const std::int32_t a = id(left), b = id(right);
  if (a < 0 || b < 0) {
    return invalid("tokenizer: merge {} is of '{}', which is not a token", merges_.size(),
                   valid_utf8(a < 0 ? left : right));
  }
  std::string_view tail = right;
  if (tail.starts_with(options_.continuing_prefix)) {
    tail.remove_prefix(options_.continuing_prefix.size());
  }
  const std::string both = std::string(left) + std::string(tail);
  const std::int32_t merged = id(both);
  if (merged < 0) {
    return invalid("tokenizer: merge {} makes '{}', which is not a token", merges_.size(),
                   valid_utf8(both));
  }
  if (merges_.size() >= kMaxMerges) {
    return invalid("tokenizer: more than {} merges", kMaxMerges);
  }
  merges_.insert_or_assign(pair_key(a, b), Merge{static_cast<double>(merges_.size()), merged});
  return {};
}

Status Bpe::finish() {
  if (options_.unk) {
    unk_ = id(*options_.unk);
    if (unk_ < 0) return invalid("tokenizer: unk_token '{}' is not a token", *options_.unk);
  }
  if (options_.byte_fallback) {
    bytes_.assign(256, -1);
    for (int b = 0; b < 256; ++b) bytes_[b] = id(byte_token(static_cast<std::uint8_t>(b)));
  }
  return {};
}

std::int32_t Bpe::id(std::string_view token) const {
  const auto it = ids_.find(token);
  return it == ids_.end() ? -1 : it->second;
}

const std::string* Bpe::token(std::int32_t id) const {
  return id < 0 || static_cast<std::size_t>(id) >= texts_.size() ? nullptr : texts_[id];
}

bool Bpe::split_bytes(std::string_view character, std::vector<Symbol>& out) const {
  if (!options_.byte_fallback) return false;
  for (const char c : character) {
    if (bytes_[static_cast<std::uint8_t>(c)] < 0) return false;
  }
  for (const char c : character) {
    out.push_back({bytes_[static_cast<std::uint8_t>(c)], 0, 1, -1, -1});
  }
  return true;
}

// One symbol a character. An unknown one waits until a known one follows, so that a run of them
// can fuse; the byte tokens do not count as known, as in the reference.
void Bpe::split(std::string_view word, std::vector<Symbol>& out) const {
  bool unk_waits = false;
  const auto flush = [&] {
    if (unk_waits) out.push_back({unk_, 0, 1, -1, -1});
    unk_waits = false;
  };
  std::size_t at = 0;
  std::string spelt;
  for_each_character(word, [&](std::uint32_t, std::string_view character) {
    spelt = at > 0 ? options_.continuing_prefix : std::string();
    spelt += character;
    if (at + character.size() == word.size()) spelt += options_.end_suffix;
    std::int32_t known = id(spelt);
    if (!scores_.empty()) {  // by score, bytes come only at the end: keep the place in the word
      if (known >= 0 && !mergeable_[known]) known = -1;
      out.push_back({known, static_cast<std::uint32_t>(at),
                     static_cast<std::uint32_t>(character.size()), -1, -1});
    } else if (known >= 0) {
      flush();
      out.push_back({known, static_cast<std::uint32_t>(at),
                     static_cast<std::uint32_t>(character.size()), -1, -1});
    } else if (!split_bytes(spelt, out) && unk_ >= 0) {
      if (!options_.fuse_unk) flush();
      unk_waits = true;
    }
    at += character.size();
  });
  flush();
}

std::optional<Bpe::Merge> Bpe::merge_of(std::string_view word, const Symbol& a,
                                        const Symbol& b) const {
  if (scores_.empty()) {
    const auto it = merges_.find(pair_key(a.id, b.id));
    if (it == merges_.end()) return std::nullopt;
    return it->second;
  }
  const std::int32_t merged = id(word.substr(a.begin, a.length + b.length));
  if (merged < 0 || !mergeable_[merged]) return std::nullopt;
  return Merge{-static_cast<double>(scores_[merged]), merged};
}

void Bpe::merge_all(std::string_view word, std::vector<Symbol>& symbols) const {
  struct Candidate {
    double priority;
    std::int32_t left, id;
    bool operator<(const Candidate& other) const {  // the queue gives the largest first
      return priority != other.priority ? priority > other.priority : left > other.left;
    }
  };
  std::priority_queue<Candidate> queue;
  const auto propose = [&](std::int32_t left) {
    if (left < 0 || symbols[left].next < 0) return;
    if (const auto m = merge_of(word, symbols[left], symbols[symbols[left].next])) {
      queue.push({m->priority, left, m->id});
    }
  };
  const auto n = static_cast<std::int32_t>(symbols.size());
  for (std::int32_t i = 0; i < n; ++i) {
    symbols[i].previous = i - 1;
    symbols[i].next = i + 1 < n ? i + 1 : -1;
  }
  for (std::int32_t i = 0; i < n; ++i) propose(i);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    Symbol& left = symbols[top.left];
    if (left.length == 0 || left.next < 0) continue;
    Symbol& right = symbols[left.next];
    const auto now = merge_of(word, left, right);
    if (!now || now->id != top.id) continue;  // one of the two has changed since
    left.id = top.id;
    left.length += right.length;
    left.next = right.next;
    right.length = 0;
    if (left.next >= 0) symbols[left.next].previous = top.left;
    propose(left.previous);
    propose(top.left);
  }
}

void Bpe::encode(std::string_view word, std::vector<std::int32_t>& out) const {
  if (word.empty()) return;
  if (options_.ignore_merges) {
    if (const std::int32_t whole = id(word); whole >= 0) {
      out.push_back(whole);
      return;
    }
  }
  std::vector<Symbol> symbols;
  split(word, symbols);
  merge_all(word, symbols);
  std::vector<Symbol> bytes;
  for (const Symbol& s : symbols) {
    if (s.length == 0) continue;
    if (s.id >= 0) {
      out.push_back(s.id);
      continue;
    }
    bytes.clear();
    if (split_bytes(word.substr(s.begin, s.length), bytes)) {
      for (const Symbol& b : bytes) out.push_back(b.id);
    } else if (unk_ >= 0) {
      out.push_back(unk_);
    }
  }
}

}  // namespace weft
