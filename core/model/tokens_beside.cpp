#include "core/model/tokens_beside.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/error.hpp"
#include "core/model/token_text.hpp"

namespace weft {
namespace {

constexpr const char* kTokenizerConfig = "tokenizer_config.json";
constexpr const char* kAddedDecoder = "added_tokens_decoder";
constexpr const char* kNamedTokens[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                        "pad_token", "cls_token", "mask_token"};
// Lists of further special tokens; the second may also be an object of tokens by names of their own.
constexpr const char* kTokenLists[] = {"additional_special_tokens", "extra_special_tokens"};

bool flag_of(const Json& token, const char* name, bool fallback) {
  const auto it = token.is_object() ? token.find(name) : token.end();
  return token.is_object() && it != token.end() && it->is_boolean() ? it->get<bool>() : fallback;
}

/// A token as these files write it; its content is empty where the value is none.
AddedToken token_of(const Json& value, bool special) {
  AddedToken token;
  if (const std::string* text = token_text(value)) token.content = *text;
  token.special = flag_of(value, "special", special);
  token.single_word = flag_of(value, "single_word", false);
  token.lstrip = flag_of(value, "lstrip", false), token.rstrip = flag_of(value, "rstrip", false);
  token.normalized = flag_of(value, "normalized", !token.special);
  return token;
}

/// Calls f(value) for each token that the config gives a name to or lists as special.
template <class F>
void each_named(const Json& config, const F& f) {
  for (const char* name : kNamedTokens) {
    if (const auto it = config.find(name); it != config.end()) f(*it);
  }
  for (const char* name : kTokenLists) {
    const auto it = config.find(name);
    if (it == config.end() || !it->is_structured()) continue;
    for (const Json& one : *it) f(one);
  }
}

/// Adds tokens that are given with their ids, in the order of the ids: {id: token} or, `by_text`, {text: id}.
Status add_listed(const Json& list, bool by_text, const char* file, TokensBeside& out) {
  if (!list.is_object()) return invalid("{}: {} is not an object", file, by_text ? "it" : kAddedDecoder);
  for (const auto& [key, value] : list.items()) {
    AddedToken token = by_text ? token_of(Json(key), false) : token_of(value, false);
    const std::string digits = by_text ? value.dump() : key;
    const bool whole =
        std::from_chars(digits.data(), digits.data() + digits.size(), token.id).ptr == digits.data() + digits.size();
    if (!whole || token.id < 0 || token.content.empty()) return invalid("{}: \"{}\" is no token with an id", file, key);
    out.listed.push_back(std::move(token));
  }
  std::sort(out.listed.begin(), out.listed.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return {};
}

}  // namespace

Status read_tokenizer_config_of(const CheckpointFiles& files, Json& config) {
  WEFT_TRY(config, files.read_object(kTokenizerConfig));
  if (config.contains(kAddedDecoder)) return {};
  WEFT_TRY(Json map, files.read_object("special_tokens_map.json"));
  const DrainAtEnd drain(map);
  for (auto it = map.begin(); it != map.end(); ++it) {
    if (!it->is_null()) config[it.key()] = std::move(*it);
  }
  return {};
}

Result<TokensBeside> tokens_beside(const CheckpointFiles& files, const Json& config) {
  TokensBeside out;
  each_named(config, [&](const Json& value) {
    AddedToken token = token_of(value, true);
    if (!token.content.empty()) out.named.push_back(std::move(token));
  });
  if (const auto listed = config.find(kAddedDecoder); listed != config.end()) {
    WEFT_CHECK_OK(add_listed(*listed, false, kTokenizerConfig, out));
    return out;
  }
  WEFT_TRY(Json added, files.read_object("added_tokens.json"));
  const DrainAtEnd drain(added);
  WEFT_CHECK_OK(add_listed(added, true, "added_tokens.json", out));
  const auto is_named = [&](const AddedToken& token) {
    return std::any_of(out.named.begin(), out.named.end(),
                       [&](const AddedToken& named) { return named.content == token.content; });
  };
  for (AddedToken& token : out.listed) {
    if (is_named(token)) token.special = true, token.normalized = false;
  }
  return out;
}

}  // namespace weft
