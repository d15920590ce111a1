#include "core/text/tokenizer_added.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

std::size_t previous_character(std::string_view text, std::size_t at) {
  do --at;
  while (at > 0 && (static_cast<std::uint8_t>(text[at]) & 0xC0) == 0x80);
  return at;
}

bool word_before(std::string_view text, std::size_t at) {
  return at > 0 && is_word(utf8_step(text.substr(previous_character(text, at))).code);
}

bool word_after(std::string_view text, std::size_t at) {
  return at < text.size() && is_word(utf8_step(text.substr(at)).code);
}

/// Where the white space before `at` begins, not before `floor`.
std::size_t space_begin(std::string_view text, std::size_t at, std::size_t floor) {
  while (at > floor) {
    const std::size_t before = previous_character(text, at);
    if (!is_space(utf8_step(text.substr(before)).code)) break;
    at = before;
  }
  return at;
}

std::size_t space_end(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Utf8Step step = utf8_step(text.substr(at));
    if (!is_space(step.code)) break;
    at += step.length;
  }
  return at;
}

}  // namespace

Status AddedTokens::add(AddedToken token, const Normalizer& normalizer) {
  if (token.id < 0 || static_cast<std::size_t>(token.id) >= kMaxVocabulary) {
    return invalid("tokenizer: added token id {} is outside 0..{}", token.id, kMaxVocabulary - 1);
  }
  if (token.content.empty()) return invalid("tokenizer: added token {} is empty", token.id);
  if (token.content.size() > kMaxTokenBytes) {
    return invalid("tokenizer: added token {} has more than {} bytes", token.id, kMaxTokenBytes);
  }
  const auto at = static_cast<std::size_t>(token.id);
  const auto [entry, fresh] = by_content_.try_emplace(token.content, static_cast<std::int32_t>(tokens_.size()));
  const AddedToken* other = find(token.id);
  if (other && other->content != token.content) {
    return invalid("tokenizer: id {} belongs to both '{}' and '{}'", token.id, other->content, token.content);
  }
  token.shown = token.content;
  if (token.normalized) {
    Meter meter = text_meter(token.content.size());
    WEFT_TRY(token.shown, normalizer.run(token.content, meter));
  }
  if (!token.shown.empty()) (token.normalized ? normalized_ : raw_).insert(token.shown, entry->second);
  if (at >= by_id_.size()) by_id_.resize(at + 1, -1);
  by_id_[at] = entry->second;
  if (fresh) tokens_.push_back(std::move(token));
  else tokens_[static_cast<std::size_t>(entry->second)] = std::move(token);
  return {};
}

Result<std::vector<AddedPart>> AddedTokens::split(std::string_view text, bool normalized, bool special,
                                                  Meter& meter) const {
  std::vector<AddedPart> out;
  const Trie& trie = normalized ? normalized_ : raw_;
  std::size_t done = 0;
  for (std::size_t at = 0; !trie.empty() && at < text.size();) {
    if (trie.step(Trie::kRoot, text[at]) == Trie::kNone) {
      ++at;
      continue;
    }
    const auto [index, length, looked_at] = trie.longest(text.substr(at));
    WEFT_CHECK_OK(meter.take(looked_at));
    if (index < 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<std::size_t>(index)];
    // Another token with this content, searched for in the other text, has replaced it.
    if (token.normalized != normalized) {
      ++at;
      continue;
    }
    std::size_t begin = at, end = at + length;
    at = end;  // also when the match is refused below: matches never overlap
    if (token.special && !special) continue;
    if (token.single_word && (word_before(text, begin) || word_after(text, end))) continue;
    // A token counts even where the token before has taken the white space that it lies in, as in the reference.
    if (token.lstrip) begin = space_begin(text, begin, done);
    if (token.rstrip) end = space_end(text, end);
    WEFT_CHECK_OK(meter.take(end - std::min(begin, end)));
    if (begin >= end) continue;  // the token before has taken all of it
    if (begin > done) out.push_back({-1, text.substr(done, begin - done)});
    out.push_back({token.id, text.substr(begin, end - begin)});
    done = end;
  }
  if (done < text.size()) out.push_back({-1, text.substr(done)});
  return out;
}

const AddedToken* AddedTokens::find(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= by_id_.size() || by_id_[id] < 0) return nullptr;
  return &tokens_[by_id_[id]];
}

const AddedToken* AddedTokens::find(std::string_view content) const {
  const auto it = by_content_.find(std::string(content));
  return it == by_content_.end() ? nullptr : &tokens_[static_cast<std::size_t>(it->second)];
}

bool AddedTokens::is_skipped(const AddedToken& token) const {
  if (token.special && token.shown == token.content) return true;
  const AddedToken* named = find(std::string_view(token.shown));
  return named && named->special;
}

}  // namespace weft
