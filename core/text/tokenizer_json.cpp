// Tokenizer::from_json: Hugging Face tokenizer.json with a BPE model.
#include "core/text/tokenizer.hpp"
#include "core/text/tokenizer_json_fields.hpp"
#include "core/text/tokenizer_json_steps.hpp"

namespace weft {
namespace {

Status read_merge(const VocabJson& merge, std::size_t index, Bpe& model) {
  if (merge.is_string()) {
    const std::string_view both = merge.get_ref<const std::string&>();
    const auto space = both.find(' ');
    if (space != both.npos && both.find(' ', space + 1) == both.npos) {
      return model.add_merge(both.substr(0, space), both.substr(space + 1));
    }
  } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
             merge[1].is_string()) {
    return model.add_merge(merge[0].get_ref<const std::string&>(),
                           merge[1].get_ref<const std::string&>());
  }
  return invalid("tokenizer.json: merge {} is not a pair of tokens", index);
}

Status read_model(const VocabJson& node, Bpe& out) {
  if (!node.is_object()) return invalid("tokenizer.json: no 'model'");
  const VocabJson& vocab = json_field(node, "vocab");
  const VocabJson& merges = json_field(node, "merges");
  const bool bpe = vocab.is_object() && merges.is_array();  // old files do not say the type
  WEFT_TRY(const std::string type, json_text(node, "type", bpe ? "BPE" : "without a type"));
  if (type != "BPE") {
    return error(Code::kUnimplemented, "tokenizer.json: model '{}' is not implemented", type);
  }
  if (!bpe) return invalid("tokenizer.json: the BPE model lacks 'vocab' or 'merges'");
  const VocabJson& dropout = json_field(node, "dropout");
  if (!dropout.is_null() && !(dropout.is_number() && dropout.get<double>() == 0.0)) {
    return error(Code::kUnimplemented, "tokenizer.json: BPE dropout is not implemented");
  }
  BpeOptions options;
  if (const VocabJson& unk = json_field(node, "unk_token"); !unk.is_null()) {
    WEFT_TRY(options.unk, json_text(node, "unk_token"));
  }
  WEFT_TRY(options.continuing_prefix, json_text(node, "continuing_subword_prefix"));
  WEFT_TRY(options.end_suffix, json_text(node, "end_of_word_suffix"));
  WEFT_TRY(options.fuse_unk, json_bool(node, "fuse_unk", false));
  WEFT_TRY(options.byte_fallback, json_bool(node, "byte_fallback", false));
  WEFT_TRY(options.ignore_merges, json_bool(node, "ignore_merges", false));
  WEFT_TRY(out, Bpe::create(std::move(options)));
  if (vocab.size() > kMaxVocabulary || merges.size() > kMaxMerges) {
    return invalid("tokenizer.json: {} tokens and {} merges, at most {} and {}", vocab.size(),
                   merges.size(), kMaxVocabulary, kMaxMerges);
  }
  for (const auto& [token, id] : vocab.items()) {
    if (!id.is_number_integer()) return invalid("tokenizer.json: '{}' has no integer id", token);
    const auto value = id.get<std::int64_t>();
    if (value < 0 || value >= static_cast<std::int64_t>(kMaxVocabulary)) {
      return invalid("tokenizer.json: '{}' has id {}, outside 0..{}", token, value,
                     kMaxVocabulary - 1);
    }
    WEFT_CHECK_OK(out.add_token(token, static_cast<std::int32_t>(value)));
  }
  std::size_t index = 0;
  for (const VocabJson& merge : merges) WEFT_CHECK_OK(read_merge(merge, index++, out));
  return {};
}

Status read_added(const VocabJson& list, TokenizerParts& parts) {
  if (list.is_null()) return {};
  if (!list.is_array()) return invalid("tokenizer.json: 'added_tokens' is not a list");
  if (list.size() > kMaxVocabulary) return invalid("tokenizer.json: too many added tokens");
  for (const VocabJson& item : list) {
    AddedToken token;
    WEFT_TRY(token.content, json_text(item, "content"));
    WEFT_TRY(const auto id, json_integer(item, "id", -1));
    if (id < 0 || id >= static_cast<std::int64_t>(kMaxVocabulary)) {
      return invalid("tokenizer.json: added token '{}' has id {}", token.content, id);
    }
    token.id = static_cast<std::int32_t>(id);
    WEFT_TRY(token.special, json_bool(item, "special", false));
    WEFT_TRY(token.single_word, json_bool(item, "single_word", false));
    WEFT_TRY(token.lstrip, json_bool(item, "lstrip", false));
    WEFT_TRY(token.rstrip, json_bool(item, "rstrip", false));
    WEFT_TRY(token.normalized, json_bool(item, "normalized", !token.special));
    const std::string* other = parts.model.token(token.id);
    const std::int32_t known = parts.model.id(token.content);
    if ((other && *other != token.content) || (known >= 0 && known != token.id)) {
      return invalid("tokenizer.json: added token '{}' has id {}, but the model has '{}' there",
                     token.content, id, other ? *other : std::string("nothing"));
    }
    WEFT_CHECK_OK(parts.added.add(std::move(token), parts.normalizer));
  }
  return {};
}

}  // namespace

Result<Tokenizer> Tokenizer::from_json(std::string_view text) {
  auto parsed = parse_sorted_json(text, {.max_bytes = std::size_t{256} << 20});
  if (!parsed.ok()) return parsed.status().with_context("tokenizer.json");
  VocabJson& root = *parsed;
  const DrainAtEnd drain(root);
  if (!root.is_object()) return invalid("tokenizer.json: not an object");
  TokenizerParts parts;
  WEFT_CHECK_OK(read_model(json_field(root, "model"), parts.model));
  WEFT_CHECK_OK(parts.model.finish());
  if (const VocabJson& n = json_field(root, "normalizer"); !n.is_null()) {
    WEFT_CHECK_OK(read_normalizer(n, parts.normalizer));
  }
  if (const VocabJson& n = json_field(root, "pre_tokenizer"); !n.is_null()) {
    WEFT_CHECK_OK(read_pretokenizer(n, parts.pretokenizer));
  }
  WEFT_CHECK_OK(read_added(json_field(root, "added_tokens"), parts));
  if (const VocabJson& n = json_field(root, "post_processor"); !n.is_null()) {
    WEFT_CHECK_OK(read_post_processor(n, parts));
  }
  if (const VocabJson& n = json_field(root, "decoder"); !n.is_null()) {
    WEFT_CHECK_OK(read_decoder(n, parts.decoder));
  } else {
    parts.decoder.add({DecodeStep::kSeparate, "", " "});
  }
  if (parts.prefix.size() == 1) parts.bos = parts.prefix[0];
  if (parts.suffix.size() == 1) parts.eos = parts.suffix[0];
  WEFT_TRY(const std::string unk, json_text(json_field(root, "model"), "unk_token"));
  if (!unk.empty()) parts.unk = parts.model.id(unk);
  return Tokenizer(std::move(parts));
}

}  // namespace weft
