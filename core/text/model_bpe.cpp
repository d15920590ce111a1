#include "core/text/model_bpe.hpp"

#include <algorithm>
#include <bit>

#include "core/base/error.hpp"
#include "core/text/bpe_merging.hpp"
#include "core/text/unicode.hpp"
#include "core/text/word_mark.hpp"

namespace weft {
namespace {

bool has_inner_mark(std::string_view text) {
  for (std::size_t at = text.find(kWordMark, 1); at != text.npos; at = text.find(kWordMark, at + 1)) {
    if (!text.substr(0, at).ends_with(kWordMark)) return true;
  }
  return false;
}

// A rank from a score: lower for a higher score, equal for equal scores.
std::uint32_t rank_of(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);
  const std::uint32_t ascending = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return ~ascending;
}

/// An empty vector of this thread, which keeps its memory from word to word unless it has grown large.
std::vector<BpeSymbol>& symbols_of_this_thread() {
  thread_local std::vector<BpeSymbol> symbols;
  if (symbols.capacity() > 1 << 16) std::vector<BpeSymbol>().swap(symbols);
  symbols.clear();
  return symbols;
}

}  // namespace

// --- making a model ------------------------------------------------------------------------------

void Bpe::remember_characters() {
  characters_ = CharacterTokens(tokens_);
  spells_all_ = options_.continuing_prefix.empty() && options_.end_suffix.empty();
  for (int b = 0; b < 256; ++b) {
    const char byte = static_cast<char>(b);
    spelt_bytes_[b] = tokens_.find(byte_level_text({&byte, 1}));
    spells_all_ = spells_all_ && spelt_bytes_[b] >= 0;
  }
}

Result<BpeBuilder> BpeBuilder::create(TokenTable tokens, BpeOptions options, std::size_t merges) {
  BpeBuilder out;
  out.model_ = std::make_unique<Bpe>();
  Bpe& model = *out.model_;
  model.merges_.reserve(merges);
  model.tokens_ = std::move(tokens);
  model.options_ = std::move(options);
  if (model.options_.unk) {
    model.unk_ = model.tokens_.find(*model.options_.unk);
    if (model.unk_ < 0) return invalid("tokenizer: unk_token '{}' is not a token", *model.options_.unk);
  }
  if (model.options_.byte_fallback) model.bytes_.emplace(model.tokens_);
  const bool affixes = !model.options_.continuing_prefix.empty() || !model.options_.end_suffix.empty();
  // Characters that are no token are left out, which shifts the offsets of all that follows in the word, as in the
  // reference.
  const bool leaves_out = model.unk_ < 0 && !(model.bytes_ && model.bytes_->complete());
  model.may_cut_ = !affixes && !leaves_out && !model.options_.ignore_merges;
  model.has_mark_ = !affixes && !leaves_out && model.tokens_.find(kWordMark) >= 0;
  return out;
}

Status BpeBuilder::add(std::string_view left, std::string_view right) {
  constexpr std::size_t kAtOnce = 128;
  waiting_.push_back(left);
  waiting_.push_back(right);
  return waiting_.size() < kAtOnce ? Status() : look_up();
}

Status BpeBuilder::look_up() {
  const TokenTable& tokens = model_->tokens_;
  const std::size_t n = waiting_.size() / 2, prefix = model_->options_.continuing_prefix.size();
  if (n + rank_ > kMaxMerges) return invalid("tokenizer: more than {} merges", kMaxMerges);
  std::vector<std::int32_t> sides(waiting_.size()), merged;
  tokens.find(waiting_, sides);
  std::string texts;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < n; ++i) {
    const std::string_view left = waiting_[2 * i], right = waiting_[2 * i + 1];
    const auto rank = rank_ + i;
    if (sides[2 * i] < 0 || sides[2 * i + 1] < 0) {
      return invalid("tokenizer: merge {} is of '{}', which is not a token", rank,
                     valid_utf8(sides[2 * i] < 0 ? left : right));
    }
    // The reference cuts off as many bytes as the prefix has, whatever they are.
    if (right.size() < prefix) {
      return invalid("tokenizer: merge {} is of '{}', which lacks the prefix '{}'", rank, valid_utf8(right),
                     model_->options_.continuing_prefix);
    }
    texts.append(left).append(right.substr(prefix));
    ends.push_back(texts.size());
  }
  std::vector<std::string_view> both(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t begin = i > 0 ? ends[i - 1] : 0;
    both[i] = std::string_view(texts).substr(begin, ends[i] - begin);
  }
  find_merged(both, merged);
  for (std::size_t i = 0; i < n; ++i) model_->merges_.prefetch(sides[2 * i], sides[2 * i + 1]);
  for (std::size_t i = 0; i < n; ++i, ++rank_) {
    if (merged[i] < 0)
      return invalid("tokenizer: merge {} makes '{}', which is not a token", rank_, valid_utf8(both[i]));
    model_->merges_across_marks_ = model_->merges_across_marks_ || has_inner_mark(both[i]);
    model_->merges_.add(sides[2 * i], sides[2 * i + 1], merged[i]);
  }
  waiting_.clear();
  return {};
}

// Merges usually come in the order of the tokens that they make, so that the token is the same as the last one or the
// next.
void BpeBuilder::find_merged(std::span<const std::string_view> texts, std::vector<std::int32_t>& ids) {
  const TokenTable& tokens = model_->tokens_;
  ids.clear();
  for (std::size_t i = 0, missed = 0; i < texts.size(); ++i) {
    for (const std::int32_t guess : {last_, last_ + 1}) {
      if (ids.size() == i && tokens.is_surely(texts[i], guess)) ids.push_back(guess);
    }
    if (ids.size() == i) {
      if (++missed > 8) break;
      ids.push_back(tokens.find(texts[i]));
    }
    last_ = ids.back();
  }
  const std::size_t n = ids.size();
  ids.resize(texts.size());
  tokens.find(texts.subspan(n), std::span(ids).subspan(n));
  last_ = ids.empty() ? last_ : ids.back();
}

Result<std::unique_ptr<TokenModel>> BpeBuilder::finish() {
  WEFT_CHECK_OK(look_up());
  model_->remember_characters();
  return std::unique_ptr<TokenModel>(std::move(model_));
}

Result<std::unique_ptr<TokenModel>> Bpe::create_scored(TokenTable tokens, ScoredPieces pieces, bool ignore_merges) {
  auto model = std::make_unique<Bpe>();
  model->tokens_ = std::move(tokens);
  model->unk_ = pieces.unk;
  model->options_.ignore_merges = ignore_merges;
  for (const std::int32_t id : pieces.whole) model->whole_.insert(model->tokens_.text(id), id);
  model->any_unused_ = std::find(pieces.unused.begin(), pieces.unused.end(), true) != pieces.unused.end();
  model->may_cut_ = !ignore_merges && !model->any_unused_;
  model->scored_ = std::move(pieces);
  model->has_mark_ = model->tokens_.find(kWordMark) >= 0;
  for (std::size_t i = 0; i < model->tokens_.size() && !model->merges_across_marks_; ++i) {
    model->merges_across_marks_ = has_inner_mark(model->tokens_.text(static_cast<std::int32_t>(i)));
  }
  model->remember_characters();
  return std::unique_ptr<TokenModel>(std::move(model));
}

// --- splitting -----------------------------------------------------------------------------------

// Makes one symbol for each character. An unknown character waits until a known one follows, so that several of them
// can become one; byte tokens do not count as known, as in the reference.
void Bpe::split(std::string_view word, std::vector<BpeSymbol>& out) const {
  std::uint32_t at = 0, unknown = 0;  // how many bytes wait
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
  for_each_character(word, [&](std::uint32_t code, std::string_view character) {
    const auto size = static_cast<std::uint32_t>(character.size());
    std::string_view text = character;
    if (!plain) {
      spelt = at > 0 ? options_.continuing_prefix : std::string();
      spelt += character;
      if (at + size == word.size()) spelt += options_.end_suffix;
      text = spelt;
    }
    at += size;
    if (const std::int32_t known = plain ? characters_[code] : tokens_.find(text); known >= 0) {
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

Status Bpe::split_scored(std::string_view word, Meter& meter, std::vector<BpeSymbol>& out) const {
  for (std::size_t at = 0; at < word.size();) {
    const std::string_view rest = word.substr(at);
    const Trie::Match whole = whole_.empty() ? Trie::Match{} : whole_.longest(rest);
    WEFT_CHECK_OK(meter.take(whole.looked_at));
    const Utf8Step step = utf8_step(rest);
    const std::size_t size = whole.value >= 0 ? whole.length : step.length;
    const std::int32_t id = whole.value >= 0 ? whole.value : characters_[step.code];
    out.push_back(
        {id, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + size), -1, -1, whole.value >= 0});
    at += size;
  }
  return {};
}

MergeTable::Merge Bpe::merge_of(std::string_view word, const BpeSymbol& left, const BpeSymbol& right) const {
  if (!scored_) return merges_.find(left.id, right.id);
  if (left.whole || right.whole) return {};
  const std::int32_t id = tokens_.find(word.substr(left.begin, right.end - left.begin));
  return id < 0 ? MergeTable::Merge{} : MergeTable::Merge{rank_of(scored_->scores[static_cast<std::size_t>(id)]), id};
}

// --- encoding ------------------------------------------------------------------------------------

void Bpe::emit(const BpeSymbol& s, std::string_view word, const BpeMerging* merging, std::vector<Token>& out) const {
  std::vector<BpeSymbol> rest{s};  // unused pieces are split into their halves
  while (!rest.empty()) {
    const BpeSymbol top = rest.back();
    rest.pop_back();
    if (top.id >= 0 && merging && scored_ && scored_->unused[static_cast<std::size_t>(top.id)]) {
      if (const auto* halves = merging->halves(top.id)) {
        // The halves give the sizes; their positions follow from this piece.
        BpeSymbol left = halves->first, right = halves->second;
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
      push_bytes(scored_->bytes, word, top.begin, top.end, out);
    } else if (unk_ >= 0) {
      const bool fuses = !out.empty() && out.back().id == unk_ && out.back().end == top.begin && top.begin > 0;
      if (fuses) out.back().end = top.end;
      else out.push_back({unk_, top.begin, top.end});
    }
  }
}

Status Bpe::merge(std::string_view word, std::vector<BpeSymbol>& symbols, Meter& meter,
                  std::vector<Token>& out) const {
  if (symbols.size() <= BpeMergingFew::kMost && !any_unused_) {
    BpeMergingFew::run(*this, word, symbols);
    for (const BpeSymbol& s : symbols) {
      if (scored_) emit(s, word, nullptr, out);
      else out.push_back({s.id, s.begin, s.end});
    }
    return {};
  }
  BpeMerging merging(*this, word, symbols, meter);
  WEFT_CHECK_OK(merging.run());
  for (const BpeSymbol& s : symbols) {
    if (s.next == -2) continue;
    if (scored_) emit(s, word, &merging, out);
    else out.push_back({s.id, s.begin, s.end});
  }
  return {};
}

// A cut lies between two characters that are tokens and that stand side by side in no token.
std::size_t Bpe::next_cut(std::string_view word, std::size_t from) const {
  if (!may_cut_) return word.size();
  std::call_once(neighbours_wanted_, [this] { neighbours_.emplace(tokens_); });
  constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t before = kNone;
  for (std::size_t at = from; at < word.size();) {
    const Utf8Step step = utf8_step(word.substr(at));
    const std::uint32_t code = characters_[step.code] >= 0 ? step.code : kNone;
    if (before != kNone && code != kNone && !neighbours_->may_touch(before, code)) return at;
    before = code;
    at += step.length;
  }
  return word.size();
}

Status Bpe::encode(std::string_view word, Meter& meter, std::vector<Token>& out) const {
  if (options_.ignore_merges) {
    if (const std::int32_t whole = tokens_.find(word); whole >= 0) {
      out.push_back({whole, 0, static_cast<std::uint32_t>(word.size())});
      return {};
    }
  }
  std::vector<BpeSymbol>& symbols = symbols_of_this_thread();
  if (scored_) WEFT_CHECK_OK(split_scored(word, meter, symbols));
  else split(word, symbols);
  return merge(word, symbols, meter, out);
}

// Every byte is a token, so that symbols are made from the bytes directly.
Status Bpe::encode_spelt(std::string_view bytes, Meter& meter, std::vector<Token>& out) const {
  if (!spells_all_ || scored_) return TokenModel::encode_spelt(bytes, meter, out);
  if (options_.ignore_merges) {
    if (const std::int32_t whole = tokens_.find(byte_level_text(bytes)); whole >= 0) {
      out.push_back({whole, 0, static_cast<std::uint32_t>(bytes.size())});
      return {};
    }
  }
  std::vector<BpeSymbol>& symbols = symbols_of_this_thread();
  for (std::uint32_t i = 0; i < bytes.size(); ++i) {
    symbols.push_back({spelt_bytes_[static_cast<std::uint8_t>(bytes[i])], i, i + 1, -1, -1, false});
  }
  return merge(bytes, symbols, meter, out);
}

}  // namespace weft
