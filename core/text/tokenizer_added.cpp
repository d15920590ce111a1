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

std::size_t space_begin(std::string_view text, std::size_t at) {
  while (at > 0) {
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
  if (const AddedToken* other = find(token.id)) {
    return invalid("tokenizer: id {} belongs to both '{}' and '{}'", token.id, other->content,
                   token.content);
  }
  const auto index = static_cast<std::int32_t>(tokens_.size());
  if (!by_content_.try_emplace(token.content, index).second) {
    return invalid("tokenizer: added token '{}' has two ids", token.content);
  }
  if (static_cast<std::size_t>(token.id) >= by_id_.size()) by_id_.resize(token.id + 1, -1);
  by_id_[token.id] = index;
  if (token.normalized) {
    WEFT_TRY(const std::string key, normalizer.run(token.content));
    if (!key.empty()) insert(normalized_, key, index);
    token.shown = key;
  } else {
    insert(raw_, token.content, index);
    token.shown = token.content;
  }
  tokens_.push_back(std::move(token));
  return {};
}

void AddedTokens::insert(Trie& trie, std::string_view key, std::int32_t token) {
  if (trie.empty()) trie.emplace_back();
  std::uint32_t at = 0;
  for (const char c : key) {
    auto& next = trie[at].next;
    const auto it = std::lower_bound(next.begin(), next.end(), std::pair(c, 0u));
    if (it != next.end() && it->first == c) {
      at = it->second;
      continue;
    }
    const auto fresh = static_cast<std::uint32_t>(trie.size());
    next.insert(it, {c, fresh});
    trie.emplace_back();
    at = fresh;
  }
  if (trie[at].token < 0) trie[at].token = token;
}

std::pair<std::int32_t, std::size_t> AddedTokens::longest(const Trie& trie,
                                                          std::string_view text) {
  std::pair<std::int32_t, std::size_t> best{-1, 0};
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto& next = trie[at].next;
    const auto it = std::lower_bound(next.begin(), next.end(), std::pair(text[i], 0u));
    if (it == next.end() || it->first != text[i]) break;
    at = it->second;
    if (trie[at].token >= 0) best = {trie[at].token, i + 1};
  }
  return best;
}

std::vector<AddedPart> AddedTokens::split(std::string_view text, bool normalized,
                                          bool special) const {
  std::vector<AddedPart> out;
  const Trie& trie = normalized ? normalized_ : raw_;
  std::size_t done = 0;
  for (std::size_t at = 0; !trie.empty() && at < text.size();) {
    const auto [index, length] = longest(trie, text.substr(at));
    if (index < 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[index];
    std::size_t begin = at, end = at + length;
    at = end;  // also when refused below: matches never overlap
    if (token.special && !special) continue;
    if (token.single_word && (word_before(text, begin) || word_after(text, end))) continue;
    // A token within the white space that the one before took counts too, as in the reference.
    if (token.lstrip) begin = std::max(done, space_begin(text, begin));
    if (token.rstrip) end = space_end(text, end);
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
  const auto it = by_content_.find(content);
  return it == by_content_.end() ? nullptr : &tokens_[it->second];
}

}  // namespace weft
