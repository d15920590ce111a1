#include "core/text/encoder.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"
#include "core/text/word_mark.hpp"

namespace weft {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{1} << 30;

/// The blanks around a text as the reference counts them: white space, and the byte-level spelling of a space.
Blanks blanks_of(std::string_view text) {
  Blanks out;
  bool blank_so_far = true;
  for_each_character(text, [&](std::uint32_t code, std::string_view) {
    const bool blank = code == 0x120 || is_space(code);
    blank_so_far = blank_so_far && blank;
    if (blank_so_far) ++out.before;
    out.after = blank ? out.after + 1 : 0;
  });
  return out;
}

/// The next word mark after `at` that does not follow another mark; `end` if there is none.
std::uint32_t next_mark(std::string_view text, std::uint32_t at, std::uint32_t end) {
  for (std::size_t i = text.find(kWordMark, at + 1); i < end; i = text.find(kWordMark, i + kWordMark.size())) {
    if (!text.substr(at, i - at).ends_with(kWordMark)) return static_cast<std::uint32_t>(i);
  }
  return end;
}

}  // namespace

void map_back(std::string_view given, std::vector<Origin>& offsets) {
  std::vector<std::uint32_t> from;
  std::uint32_t at = 0;
  for (std::string_view rest = given; !rest.empty();) {
    const Utf8Step step = utf8_step(rest);
    const std::size_t n = step.kind == Utf8Step::kCharacter ? step.length : kReplacement.size();
    for (std::size_t i = 0; i < n; ++i)
      from.push_back(at + (step.kind == Utf8Step::kCharacter ? static_cast<std::uint32_t>(i) : 0));
    at += static_cast<std::uint32_t>(step.length);
    rest.remove_prefix(step.length);
  }
  from.push_back(at);
  for (Origin& o : offsets)
    o = {from[std::min<std::size_t>(o.begin, from.size() - 1)], from[std::min<std::size_t>(o.end, from.size() - 1)]};
}

Encoder::Encoder(const TokenizerParts& parts, const EncodeOptions& options, bool with_offsets)
    : parts_(parts),
      options_(options),
      with_offsets_(with_offsets),
      tracked_(with_offsets || (parts.pretokenizer.needs_origins() &&
                                (!parts.normalizer.empty() || parts.pretokenizer.size() > 1))),
      spells_bytes_(parts.pretokenizer.spells_bytes()),
      blanks_wanted_(with_offsets && parts.post.trims()),
      cuts_before_marks_(!spells_bytes_ && parts.model->cuts_before_marks()),
      counts_tokens_(parts.model->splits_texts()),
      cache_(parts.caches->take()) {}

Encoder::~Encoder() { parts_.caches->give_back(std::move(cache_)); }

Status Encoder::run(std::string_view text, Encoding& out) {
  BareTokens tokens;
  WEFT_CHECK_OK(run(text, tokens));
  parts_.post.trim(tokens.text, tokens.blanks, tokens.encoding.offsets);
  out = std::move(tokens.encoding);
  parts_.post.run(options_.add_special, with_offsets_, out);
  if (!tokens.replaced.empty()) map_back(text, out.offsets);
  return {};
}

Status Encoder::run(std::string_view text, BareTokens& out) {
  if (text.size() > kMaxTextBytes)
    return invalid("tokenizer: text of {} bytes, at most {}", text.size(), kMaxTextBytes);
  Meter own = text_meter(text.size(), options_.limits);
  meter_ = options_.meter != nullptr ? options_.meter : &own;
  out_ = &out;
  word_ = 0;
  out.encoding.ids.reserve(text.size() / 3 + 8);
  if (!is_valid_utf8(text)) out.replaced = valid_utf8(text);
  out.text = out.replaced.empty() ? text : out.replaced;
  return run_valid(out.text);
}

Status Encoder::run_valid(std::string_view text) {
  WEFT_TRY(const auto parts, parts_.added.split(text, false, options_.parse_special, *meter_));
  for (const AddedPart& part : parts) {
    const auto base = static_cast<std::uint32_t>(part.text.data() - text.data());
    if (part.id >= 0) {
      WEFT_CHECK_OK(add_whole(part.id, {base, base + static_cast<std::uint32_t>(part.text.size())}, part.text));
    } else {
      WEFT_CHECK_OK(raw_part(part.text, base));
    }
  }
  return {};
}

Status Encoder::raw_part(std::string_view raw, std::uint32_t base) {
  AlignedText text{std::string(raw), {}, base};
  WEFT_CHECK_OK(parts_.normalizer.run(text, tracked_, *meter_));
  WEFT_TRY(const auto parts, parts_.added.split(text.bytes, true, options_.parse_special, *meter_));
  if (parts.size() == 1 && parts[0].id < 0) return words_of(text);
  for (const AddedPart& part : parts) {
    const auto begin = static_cast<std::size_t>(part.text.data() - text.bytes.data());
    const std::size_t end = begin + part.text.size();
    if (part.id >= 0) {
      WEFT_CHECK_OK(add_whole(part.id, text.origin(begin, end), part.text));
    } else {
      AlignedText slice = text.slice(begin, end);
      WEFT_CHECK_OK(words_of(slice));
    }
  }
  return {};
}

Status Encoder::words_of(AlignedText& text) {
  WEFT_CHECK_OK(parts_.pretokenizer.run(text, tracked_, *meter_, words_));
  if (with_offsets_) text.track();
  for (const Word& w : words_) {
    if (!cuts_before_marks_) {
      WEFT_CHECK_OK(long_word(text, w));
      ++word_;
      continue;
    }
    std::uint32_t begin = w.begin;
    for (std::uint32_t at = next_mark(text.bytes, begin, w.end); begin < w.end;
         at = next_mark(text.bytes, begin, w.end)) {
      WEFT_CHECK_OK(long_word(text, {begin, at}));
      begin = at;
    }
    ++word_;
  }
  return {};
}

// Encodes a long word in parts that the cache can hold, where the model can be cut: merging all over a long text jumps
// through memory.
Status Encoder::long_word(const AlignedText& text, const Word& w) {
  if (spells_bytes_ || w.end - w.begin <= WordCache::kMaxWord) return word(text, w);
  const std::string_view bytes = std::string_view(text.bytes).substr(w.begin, w.end - w.begin);
  for (std::size_t begin = 0; begin < bytes.size();) {
    const std::size_t end = parts_.model->next_cut(bytes, begin);
    WEFT_CHECK_OK(word(text, {w.begin + static_cast<std::uint32_t>(begin), w.begin + static_cast<std::uint32_t>(end)}));
    begin = end;
  }
  return {};
}

Status Encoder::word(const AlignedText& text, const Word& w) {
  const std::string_view bytes = std::string_view(text.bytes).substr(w.begin, w.end - w.begin);
  const std::uint64_t hash = hash_bytes(bytes);
  auto tokens = cache_->find(bytes, hash);
  if (!tokens) {
    tokens_.clear();
    WEFT_CHECK_OK(spells_bytes_ ? parts_.model->encode_spelt(bytes, *meter_, tokens_)
                                : parts_.model->encode(bytes, *meter_, tokens_));
    cache_->insert(bytes, hash, tokens_);
    tokens = std::span<const Token>(tokens_);
  }
  WEFT_CHECK_OK(meter_->take(1 + tokens->size()));
  WEFT_CHECK_OK(meter_->keep_bytes(tokens->size() * sizeof(std::int32_t)));
  if (!with_offsets_) {
    for (const Token& token : *tokens) out_->encoding.ids.push_back(token.id);
    return {};
  }
  const auto size = static_cast<std::uint32_t>(bytes.size());
  for (const Token& token : *tokens) {
    // Affixes can reach beyond the word; the reference leaves the offsets of such tokens as they are.
    const Origin offsets = token.end > size ? Origin{token.begin, token.end}
                           : token.begin == token.end && !text.origins.empty()
                               ? text.origin(w.begin + token.begin, w.begin + token.begin)
                               : text.origin(w.begin + token.begin, w.begin + token.end);
    if (token.id == parts_.model->unk() && parts_.model->unknown_keeps_text()) {
      const std::string_view own = bytes.substr(token.begin, token.end - token.begin);
      WEFT_CHECK_OK(add(token.id, offsets, spells_bytes_ ? byte_level_text(own) : own));
    } else {
      WEFT_CHECK_OK(add(token.id, offsets, parts_.model->tokens().text(token.id)));
    }
    if (counts_tokens_) ++word_;
  }
  return {};
}

/// Adds a token that is a word by itself.
Status Encoder::add_whole(std::int32_t id, Origin offsets, std::string_view text) {
  WEFT_CHECK_OK(add(id, offsets, text));
  ++word_;
  return {};
}

Status Encoder::add(std::int32_t id, Origin offsets, std::string_view text) {
  out_->encoding.ids.push_back(id);
  if (!with_offsets_) return {};
  out_->encoding.offsets.push_back(offsets);
  out_->encoding.words.push_back(word_);
  if (!blanks_wanted_) return {};
  WEFT_CHECK_OK(meter_->take(text.size() / 4));
  out_->blanks.push_back(blanks_of(text));
  return {};
}

}  // namespace weft
