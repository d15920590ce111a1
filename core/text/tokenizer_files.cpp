// Tokenizer::from_files, and the JSON files beside the vocabulary.
#include "core/text/tokenizer_files.hpp"

#include <algorithm>
#include <charconv>

#include "core/text/published_ranks.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/tokenizer_json_fields.hpp"

namespace weft {
namespace {

/// Reads a token: its text, or an object with its content and how it is searched for.
Result<AddedToken> read_token(JsonNode node, bool special) {
  AddedToken token;
  token.special = special;
  if (node.is_string()) {
    token.content = node.text();
    return token;
  }
  WEFT_TRY(token.content, json_text(node, "content"));
  WEFT_TRY(token.single_word, json_bool(node, "single_word", false));
  WEFT_TRY(token.lstrip, json_bool(node, "lstrip", false));
  WEFT_TRY(token.rstrip, json_bool(node, "rstrip", false));
  WEFT_TRY(token.special, json_bool(node, "special", special));
  return token;
}

void remember(TokenizerConfig& config, AddedToken token) {
  if (token.content.empty()) return;
  const auto [entry, fresh] = config.added_by_content.try_emplace(token.content, config.added.size());
  if (fresh) return config.added.push_back(std::move(token));
  AddedToken& known = config.added[entry->second];
  known.special = known.special || token.special;
  if (known.id < 0) known.id = token.id;
}

Status read_named(JsonNode root, TokenizerConfig& config) {
  const std::pair<const char*, std::string*> names[] = {
      {"bos_token", &config.bos}, {"eos_token", &config.eos}, {"unk_token", &config.unk}, {"pad_token", &config.pad},
      {"cls_token", &config.cls}, {"sep_token", &config.sep}, {"mask_token", &config.mask}};
  for (const auto& [key, text] : names) {
    if (root[key].is_null()) continue;
    WEFT_TRY(AddedToken token, read_token(root[key], true));
    *text = token.content;
    remember(config, std::move(token));
  }
  return root["additional_special_tokens"].each([&](JsonNode node) -> Status {
    WEFT_TRY(AddedToken token, read_token(node, true));
    return remember(config, std::move(token)), Status();
  });
}

Result<std::optional<bool>> flag(JsonNode root, std::string_view key) {
  if (root[key].is_null()) return std::optional<bool>();
  WEFT_TRY(const bool value, json_bool(root, key, false));
  return std::optional(value);
}

Result<std::int32_t> token_id(std::int64_t id, std::string_view content) {
  if (id < 0 || id >= static_cast<std::int64_t>(kMaxVocabulary)) {
    return invalid("tokenizer: added token '{}' has id {}, outside 0..{}", content, id, kMaxVocabulary - 1);
  }
  return static_cast<std::int32_t>(id);
}

Status read_config_file(std::string_view text, TokenizerConfig& config) {
  WEFT_TRY(const FlatJson json, FlatJson::parse(text));
  const JsonNode root = json.root();
  WEFT_TRY(config.tokenizer_class, json_text(root, "tokenizer_class"));
  config.known = find_tokenizer_class(config.tokenizer_class);
  WEFT_TRY(const std::int64_t extra_ids, json_integer(root, "extra_ids", 100));
  if (extra_ids < 0 || extra_ids > 65536) return invalid("extra_ids is {}, expected 0 to 65536", extra_ids);
  config.extra_ids = static_cast<std::int32_t>(extra_ids);
  WEFT_TRY(config.add_bos, flag(root, "add_bos_token"));
  WEFT_TRY(config.add_eos, flag(root, "add_eos_token"));
  WEFT_TRY(config.add_prefix_space, flag(root, "add_prefix_space"));
  WEFT_TRY(config.lowercase, flag(root, "do_lower_case"));
  WEFT_TRY(config.strip_accents, flag(root, "strip_accents"));
  WEFT_TRY(config.keep_accents, flag(root, "keep_accents"));
  WEFT_TRY(config.legacy, flag(root, "legacy"));
  WEFT_TRY(config.chinese_spaced, flag(root, "tokenize_chinese_chars"));
  WEFT_CHECK_OK(root["added_tokens_decoder"].each_member([&](std::string_view key, JsonNode node) -> Status {
    WEFT_TRY(AddedToken token, read_token(node, false));
    std::int64_t id = -1;
    if (std::from_chars(key.data(), key.data() + key.size(), id).ptr != key.data() + key.size()) id = -1;
    WEFT_TRY(token.id, token_id(id, token.content));
    return remember(config, std::move(token)), Status();
  }));
  return read_named(root, config);
}

/// The id of a sentinel, which follow the pieces in descending order; -1: it is none.
std::int32_t sentinel_id(const TokenizerConfig& c, std::string_view token, std::size_t pieces) {
  constexpr std::string_view kBegin = "<extra_id_";
  if (!c.has_sentinels() || !token.starts_with(kBegin) || !token.ends_with(">")) return -1;
  std::int32_t number = -1;
  const std::string_view digits = token.substr(kBegin.size(), token.size() - kBegin.size() - 1);
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ptr != digits.data() + digits.size())
    return -1;
  return number >= 0 && number < c.extra_ids ? static_cast<std::int32_t>(pieces) + c.extra_ids - 1 - number : -1;
}

/// Adds the tokens of the config. A token without an id is one of the model's, or gets the next id after all others.
Status add_tokens(const TokenizerConfig& config, TokenizerParts& parts) {
  std::size_t next = std::max(parts.model->tokens().size(), parts.added.id_end());
  if (config.has_sentinels()) {
    next = std::max(next, parts.model->tokens().size() + static_cast<std::size_t>(config.extra_ids));
  }
  for (const AddedToken& token : config.added) next = std::max(next, static_cast<std::size_t>(token.id + 1));
  for (AddedToken token : config.added) {
    const AddedToken* before = parts.added.find(std::string_view(token.content));
    const std::int32_t known = before ? before->id : parts.model->tokens().find(token.content);
    if (known >= 0 && token.id >= 0 && known != token.id) {
      return invalid("tokenizer: added token '{}' has id {}, but {} in the vocabulary", token.content, token.id, known);
    }
    if (token.id < 0) token.id = known >= 0 ? known : sentinel_id(config, token.content, parts.model->tokens().size());
    if (token.id < 0) token.id = static_cast<std::int32_t>(next++);
    WEFT_CHECK_OK(parts.added.add(std::move(token), parts.normalizer));
  }
  return {};
}

std::int32_t id_of(const TokenizerParts& parts, std::string_view content) {
  if (content.empty()) return -1;
  if (const AddedToken* added = parts.added.find(content)) return added->id;
  return parts.model->tokens().find(content);
}

/// Says what stands around a text: as the config says, otherwise as the tokenizer's class does by itself.
Status add_frame(const TokenizerConfig& c, bool word_pieces, TokenizerParts& parts) {
  const ClassFrame usual = c.known != nullptr ? c.known->frame : ClassFrame::kNone;
  const bool doubled = usual == ClassFrame::kDoubled;
  const bool typed = (word_pieces && !doubled) || usual == ClassFrame::kTyped;
  const bool framed = typed || doubled || usual == ClassFrame::kBoth;
  const bool bos = c.add_bos.value_or(framed || usual == ClassFrame::kBegin);
  const bool eos = c.add_eos.value_or(framed || usual == ClassFrame::kEnd);
  std::vector<std::int32_t> before, after;
  const auto add = [&](bool wanted, std::string_view first, std::string_view other,
                       std::vector<std::int32_t>& side) -> Status {
    if (!wanted) return {};
    const std::int32_t id = id_of(parts, first.empty() ? other : first);
    if (id < 0)
      return invalid("tokenizer: the text is to have '{}' at its side, which is no token",
                     first.empty() ? other : first);
    return side.push_back(id), Status();
  };
  if (c.known != nullptr) {
    for (const std::string_view name : c.known->begins) WEFT_CHECK_OK(add(true, name, name, before));
  }
  WEFT_CHECK_OK(add(bos, framed && !c.cls.empty() ? c.cls : c.bos, word_pieces ? "[CLS]" : "<s>", before));
  WEFT_CHECK_OK(add(eos, framed && !c.sep.empty() ? c.sep : c.eos, word_pieces ? "[SEP]" : "</s>", after));
  if (doubled && !word_pieces) parts.post.add_trimming(c.add_prefix_space.value_or(false));
  if (typed || doubled) {
    parts.post.add(paired_template(before, after, doubled));
  } else if (!before.empty() || !after.empty()) {
    parts.post.add({framed_text(before, after), {}});
  }
  return {};
}

}  // namespace

Result<TokenizerFiles> gather_tokenizer_files(const std::function<Status(const char*, std::string&)>& read) {
  TokenizerFiles f;
  for (const char* const name : vocabulary_files()) {
    WEFT_CHECK_OK(read(name, f.model));
    if (f.model.empty()) continue;
    f.model_name = name;
    break;
  }
  for (const auto& [name, text] : {std::pair("tekken.json", &f.tekken), {"vocab.json", &f.vocab_json},
                                   {"merges.txt", &f.merges_txt}, {"vocab.txt", &f.vocab_txt},
                                   {"tokenizer_config.json", &f.tokenizer_config},
                                   {"special_tokens_map.json", &f.special_tokens_map},
                                   {"added_tokens.json", &f.added_tokens}}) {
    WEFT_CHECK_OK(read(name, *text));
  }
  return f;
}

Result<TokenizerConfig> read_tokenizer_config(const TokenizerFiles& files) {
  TokenizerConfig config;
  if (!files.tokenizer_config.empty()) {
    if (Status s = read_config_file(files.tokenizer_config, config); !s.ok())
      return s.with_context("tokenizer_config.json");
  }
  if (!files.added_tokens.empty()) {
    auto json = FlatJson::parse(files.added_tokens);
    if (!json.ok()) return json.status().with_context("added_tokens.json");
    WEFT_CHECK_OK(json->root().each_member([&](std::string_view content, JsonNode id) -> Status {
      AddedToken token;
      token.content = content;
      WEFT_TRY(token.id, token_id(id.is_integer() ? id.integer() : -1, content));
      return remember(config, std::move(token)), Status();
    }));
  }
  if (!files.special_tokens_map.empty()) {
    auto json = FlatJson::parse(files.special_tokens_map);
    if (!json.ok()) return json.status().with_context("special_tokens_map.json");
    WEFT_CHECK_OK(read_named(json->root(), config));
  }
  if (config.known == nullptr && config.tokenizer_class.empty())
    config.known = class_of_vocabulary_file(files.model.empty() ? "" : files.model_name);
  return config;
}

Result<Tokenizer> Tokenizer::from_files(const TokenizerFiles& files) {
  WEFT_TRY(const TokenizerConfig config, read_tokenizer_config(files));
  TokenizerParts parts;
  bool word_pieces = false;
  if (!files.tekken.empty()) {
    WEFT_CHECK_OK(read_tekken(files.tekken, parts));
    return Tokenizer(std::move(parts));  // tekken.json says everything itself
  }
  if (!files.model.empty() && is_tiktoken(files.model)) {
    WEFT_CHECK_OK(read_tiktoken(files, config, parts));
  } else if (!files.model.empty()) {
    WEFT_CHECK_OK(read_sentencepiece_tokenizer(files, config, parts));
  } else if (!files.vocab_json.empty() && !files.merges_txt.empty()) {
    WEFT_CHECK_OK(read_vocab_and_merges(files, config, parts));
  } else if (!files.vocab_txt.empty()) {
    WEFT_CHECK_OK(read_wordpiece(files.vocab_txt, config, parts));
    word_pieces = true;
  } else {
    return error(Code::kNotFound,
                 "tokenizer: none of tekken.json, tokenizer.model, vocab.json with merges.txt, vocab.txt");
  }
  WEFT_CHECK_OK(add_tokens(config, parts));
  WEFT_CHECK_OK(add_frame(config, word_pieces, parts));
  if (const auto id = id_of(parts, config.bos); id >= 0) parts.bos = id;
  if (const auto id = id_of(parts, config.eos); id >= 0) parts.eos = id;
  if (const auto id = id_of(parts, config.pad); id >= 0) parts.pad = id;
  if (parts.unk < 0) parts.unk = parts.model->unk();
  return Tokenizer(std::move(parts));
}

}  // namespace weft
