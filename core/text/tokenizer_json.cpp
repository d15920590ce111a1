// Tokenizer::from_json: reads Hugging Face's tokenizer.json.
#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_set>

#include "core/base/large_pages.hpp"
#include "core/text/model_bpe.hpp"
#include "core/text/model_unigram.hpp"
#include "core/text/model_words.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/tokenizer_json_steps.hpp"

namespace weft {
namespace {

using ModelResult = Result<std::unique_ptr<TokenModel>>;

Status too_many(std::string_view what, std::size_t n, std::size_t most) {
  return invalid("tokenizer.json: {} {}, at most {}", n, what, most);
}

/// Reads {"token": id, …}.
Result<TokenTable> read_vocab(JsonNode vocab) {
  if (!vocab.is_object()) return invalid("tokenizer.json: the model's 'vocab' is not an object");
  if (vocab.size() > kMaxVocabulary) return too_many("tokens", vocab.size(), kMaxVocabulary);
  std::size_t bytes = 0;
  WEFT_CHECK_OK(vocab.each_member([&](std::string_view token, JsonNode) { return bytes += token.size(), Status(); }));
  TokenTable table;
  table.reserve(vocab.size(), bytes);
  constexpr std::size_t kAtOnce = 512;
  std::vector<TokenTable::Entry> entries;
  const auto add = [&] {
    Status status = table.add(entries);
    entries.clear();
    return status;
  };
  WEFT_CHECK_OK(vocab.each_member([&](std::string_view token, JsonNode id) -> Status {
    if (!id.is_integer()) return invalid("tokenizer.json: '{}' has no integer id", token);
    entries.push_back({token, id.integer()});
    return entries.size() < kAtOnce ? Status() : add();
  }));
  WEFT_CHECK_OK(add());
  return table;
}

Status read_merge(JsonNode merge, std::uint32_t index, BpeBuilder& model) {
  if (merge.is_string()) {
    const std::string_view both = merge.text();
    const auto space = both.find(' ');
    if (space != both.npos && both.find(' ', space + 1) == both.npos) {
      return model.add(both.substr(0, space), both.substr(space + 1));
    }
  } else if (std::string_view left, right; merge.two_texts(left, right)) {
    return model.add(left, right);
  }
  return invalid("tokenizer.json: merge {} is not a pair of tokens", index);
}

ModelResult read_bpe(JsonNode node) {
  const JsonNode merges = node["merges"], dropout = node["dropout"];
  if (!merges.is_array()) return invalid("tokenizer.json: the BPE model lacks 'merges'");
  if (!dropout.is_null() && !(dropout.is_number() && dropout.number() == 0.0)) {
    return error(Code::kUnimplemented, "tokenizer.json: BPE dropout is not implemented");
  }
  if (merges.size() > kMaxMerges) return too_many("merges", merges.size(), kMaxMerges);
  BpeOptions options;
  if (!node["unk_token"].is_null()) {
    WEFT_TRY(options.unk, json_text(node, "unk_token"));
  }
  WEFT_TRY(options.continuing_prefix, json_text(node, "continuing_subword_prefix"));
  WEFT_TRY(options.end_suffix, json_text(node, "end_of_word_suffix"));
  WEFT_TRY(options.fuse_unk, json_bool(node, "fuse_unk", false));
  WEFT_TRY(options.byte_fallback, json_bool(node, "byte_fallback", false));
  WEFT_TRY(options.ignore_merges, json_bool(node, "ignore_merges", false));
  WEFT_TRY(TokenTable table, read_vocab(node["vocab"]));
  WEFT_TRY(BpeBuilder model, BpeBuilder::create(std::move(table), std::move(options), merges.size()));
  std::uint32_t index = 0;
  WEFT_CHECK_OK(merges.each([&](JsonNode merge) { return read_merge(merge, index++, model); }));
  return model.finish();
}

ModelResult read_wordpiece(JsonNode node) {
  WordPieceOptions options;
  WEFT_TRY(options.unk, json_text(node, "unk_token", "[UNK]"));
  WEFT_TRY(options.continuing_prefix, json_text(node, "continuing_subword_prefix", "##"));
  WEFT_TRY(const std::int64_t most, json_integer(node, "max_input_chars_per_word", 100));
  if (most < 0) return invalid("tokenizer.json: max_input_chars_per_word is {}", most);
  options.max_characters = static_cast<std::size_t>(most);
  WEFT_TRY(TokenTable table, read_vocab(node["vocab"]));
  return WordPiece::create(std::move(table), std::move(options));
}

ModelResult read_unigram(JsonNode node) {
  const JsonNode vocab = node["vocab"];
  if (!vocab.is_array()) return invalid("tokenizer.json: the Unigram model's 'vocab' is not a list");
  if (vocab.size() > kMaxVocabulary) return too_many("tokens", vocab.size(), kMaxVocabulary);
  UnigramOptions options;
  WEFT_TRY(const std::int64_t unk, json_integer(node, "unk_id", -1));
  if (unk < -1 || unk >= static_cast<std::int64_t>(vocab.size())) {
    return invalid("tokenizer.json: unk_id {} is outside the {} tokens", unk, vocab.size());
  }
  options.unk = static_cast<std::int32_t>(unk);
  WEFT_TRY(options.byte_fallback, json_bool(node, "byte_fallback", false));
  std::vector<TokenTable::Entry> entries;
  std::vector<double> scores;
  reserve_large(entries, vocab.size());
  scores.reserve(vocab.size());
  WEFT_CHECK_OK(vocab.each([&](JsonNode item) -> Status {
    const std::size_t id = scores.size();
    JsonNode sides[2];
    std::size_t n = 0;
    if (item.is_array() && item.size() == 2)
      (void)item.each([&](JsonNode side) { return sides[n++] = side, Status(); });
    if (n != 2 || !sides[0].is_string() || !sides[1].is_number()) {
      return invalid("tokenizer.json: token {} is not [text, score]", id);
    }
    scores.push_back(sides[1].number());
    return entries.push_back({sides[0].text(), static_cast<std::int64_t>(id)}), Status();
  }));
  TokenTable table;
  WEFT_CHECK_OK(table.add(entries, true));  // of equal texts the last one is found
  return Unigram::create(std::move(table), std::move(scores), std::move(options));
}

ModelResult read_wordlevel(JsonNode node) {
  WEFT_TRY(const std::string unk, json_text(node, "unk_token", "<unk>"));
  WEFT_TRY(TokenTable table, read_vocab(node["vocab"]));
  return WordLevel::create(std::move(table), unk);
}

Result<std::string> model_type(JsonNode node) {
  if (!node.is_object()) return invalid("tokenizer.json: no 'model'");
  const char* guess = !node["merges"].is_null()                      ? "BPE"  // old files do not give the type
                      : !node["continuing_subword_prefix"].is_null() ? "WordPiece"
                      : node["vocab"].is_array()                     ? "Unigram"
                      : node["vocab"].is_object()                    ? "WordLevel"
                                                                     : "without a type";
  return json_text(node, "type", guess);
}

using ModelReader = ModelResult (*)(JsonNode);
constexpr std::pair<std::string_view, ModelReader> kModels[] = {
    {"BPE", read_bpe}, {"WordPiece", read_wordpiece}, {"Unigram", read_unigram}, {"WordLevel", read_wordlevel}};

/// The reader of a type of model; null: there is none.
ModelReader model_reader(std::string_view type) {
  for (const auto& [name, read] : kModels) {
    if (name == type) return read;
  }
  return nullptr;
}

ModelResult read_model(JsonNode node) {
  WEFT_TRY(const std::string type, model_type(node));
  const auto read = model_reader(type);
  return read != nullptr ? read(node) : json_steps::unknown("model", type);
}

// As in the reference, an added token has the id of its content in the model, otherwise the next free one. The id in
// the file is ignored.
Status read_added(JsonNode list, TokenizerParts& parts) {
  if (list.is_null()) return {};
  if (!list.is_array()) return invalid("tokenizer.json: 'added_tokens' is not a list");
  if (list.size() > kMaxVocabulary) return too_many("added tokens", list.size(), kMaxVocabulary);
  auto next = static_cast<std::int64_t>(parts.model->vocab_count());
  return list.each([&](JsonNode item) -> Status {
    AddedToken token;
    WEFT_TRY(token.content, json_text(item, "content"));
    WEFT_TRY(token.special, json_bool(item, "special", false));
    WEFT_TRY(token.single_word, json_bool(item, "single_word", false));
    WEFT_TRY(token.lstrip, json_bool(item, "lstrip", false));
    WEFT_TRY(token.rstrip, json_bool(item, "rstrip", false));
    WEFT_TRY(token.normalized, json_bool(item, "normalized", !token.special));
    if (token.content.empty()) return {};
    const AddedToken* before = parts.added.find(std::string_view(token.content));
    token.id = before ? before->id : parts.model->tokens().find(token.content);
    if (token.id < 0) {
      if (next >= static_cast<std::int64_t>(kMaxVocabulary))
        return too_many("tokens", kMaxVocabulary + 1, kMaxVocabulary);
      token.id = static_cast<std::int32_t>(next++);
    }
    return parts.added.add(std::move(token), parts.normalizer);
  });
}

/// Adds a token with the id of its content, otherwise the next free one. What was special stays special.
Status add_beside(AddedToken token, TokenizerParts& parts) {
  const AddedToken* before = parts.added.find(std::string_view(token.content));
  token.id = before ? before->id : parts.model->tokens().find(token.content);
  token.special = token.special || (before && before->special);
  const std::size_t next = std::max<std::size_t>(parts.model->vocab_count(), parts.added.id_end());
  if (token.id < 0 && next >= kMaxVocabulary) return too_many("tokens", kMaxVocabulary + 1, kMaxVocabulary);
  if (token.id < 0) token.id = static_cast<std::int32_t>(next);
  return parts.added.add(std::move(token), parts.normalizer);
}

/// Whether both tokens are searched for in the same way.
bool alike(const AddedToken& a, const AddedToken& b) {
  const auto how = [](const AddedToken& t) {
    return std::tie(t.special, t.single_word, t.lstrip, t.rstrip, t.normalized);
  };
  return how(a) == how(b);
}

Status add_beside(const TokensBeside& beside, TokenizerParts& parts) {
  std::unordered_set<std::string_view> named;
  for (const AddedToken& token : beside.named) named.insert(token.content);
  for (AddedToken token : beside.listed) {
    const AddedToken* before = parts.added.find(std::string_view(token.content));
    if (before != nullptr && alike(*before, token)) continue;
    token.special = token.special || named.contains(token.content);
    WEFT_CHECK_OK(add_beside(std::move(token), parts));
  }
  for (const AddedToken& token : beside.named) {
    if (parts.added.find(std::string_view(token.content)) == nullptr) WEFT_CHECK_OK(add_beside(token, parts));
  }
  return {};
}

}  // namespace

std::string foreign_model_type(std::string_view tokenizer_json) {
  const auto parsed = FlatJson::parse(tokenizer_json);
  if (!parsed.ok() || !parsed->root().is_object()) return "";
  const auto type = model_type(parsed->root()["model"]);
  return type.ok() && model_reader(*type) == nullptr ? *type : "";
}

Result<Tokenizer> Tokenizer::from_json(std::string_view text) { return from_json(text, {}); }

Result<Tokenizer> Tokenizer::from_json(std::string_view text, const TokensBeside& beside) {
  auto parsed = FlatJson::parse(text);
  if (!parsed.ok()) return parsed.status().with_context("tokenizer.json");
  const JsonNode root = parsed->root();
  if (!root.is_object()) return invalid("tokenizer.json: not an object");
  WEFT_TRY(const std::string version, json_text(root, "version", "1.0"));
  if (version != "1.0") return error(Code::kUnimplemented, "tokenizer.json: version '{}', expected '1.0'", version);
  TokenizerParts parts;
  WEFT_TRY(parts.model, read_model(root["model"]));
  if (const JsonNode n = root["normalizer"]; !n.is_null()) WEFT_CHECK_OK(read_normalizer(n, parts.normalizer));
  if (const JsonNode n = root["pre_tokenizer"]; !n.is_null()) WEFT_CHECK_OK(read_pretokenizer(n, parts.pretokenizer));
  WEFT_CHECK_OK(read_added(root["added_tokens"], parts));
  WEFT_CHECK_OK(add_beside(beside, parts));
  if (const JsonNode n = root["post_processor"]; !n.is_null()) WEFT_CHECK_OK(read_post_processor(n, parts));
  if (const JsonNode n = root["decoder"]; !n.is_null()) {
    WEFT_CHECK_OK(read_decoder(n, parts.decoder));
  } else {
    parts.decoder.add({DecodeStep::kSeparate, "", " "});
  }
  const std::vector<std::int32_t> before = parts.post.prefix(), after = parts.post.suffix();
  if (before.size() == 1) parts.bos = before[0];
  if (after.size() == 1) parts.eos = after[0];
  parts.unk = parts.model->unk();
  return Tokenizer(std::move(parts));
}

}  // namespace weft
