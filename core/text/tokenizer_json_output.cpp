// Post-processors and decoders of a tokenizer.json.
#include "core/text/published_steps.hpp"
#include "core/text/tokenizer_json_steps.hpp"

namespace weft {
namespace {

using namespace json_steps;

Result<std::int32_t> token_id(const TokenizerParts& parts, std::string_view what, JsonNode id) {
  const std::int64_t value = id.integer();
  const auto small = static_cast<std::int32_t>(value);
  if (!id.is_integer() || small != value || (!parts.model->tokens().has(small) && !parts.added.find(small))) {
    return invalid("tokenizer.json: the post_processor's '{}' has id {}, which is no token", what, value);
  }
  return small;
}

/// A template of `n_texts` texts, A and B.
Result<std::vector<PostPiece>> read_pieces(JsonNode node, const char* key, std::size_t n_texts, TokenizerParts& parts) {
  const JsonNode items = node[key];
  if (!items.is_array()) return invalid("tokenizer.json: TemplateProcessing without '{}'", key);
  if (items.size() > 64) return invalid("tokenizer.json: TemplateProcessing of {} pieces, at most 64", items.size());
  std::vector<PostPiece> pieces;
  std::size_t texts = 0;
  WEFT_CHECK_OK(items.each([&](JsonNode item) -> Status {
    const JsonNode sequence = item["Sequence"], special = item["SpecialToken"];
    PostPiece piece;
    WEFT_TRY(const std::int64_t type, json_integer(sequence.is_object() ? sequence : special, "type_id", 0));
    if (type < 0 || type > INT32_MAX) return invalid("tokenizer.json: TemplateProcessing with type_id {}", type);
    piece.type = static_cast<std::int32_t>(type);
    if (sequence.is_object()) {
      WEFT_TRY(const std::string name, json_text(sequence, "id"));
      piece.text = name == "B" ? 1 : 0;
      if ((name != "A" && name != "B") || static_cast<std::size_t>(piece.text) >= n_texts || ++texts > 16)
        return unknown(fmt::format("{} template with sequence", key), name);
      return pieces.push_back(std::move(piece)), Status();
    }
    WEFT_TRY(const std::string name, json_text(special, "id"));
    const JsonNode ids = node["special_tokens"][name]["ids"];
    if (!ids.is_array()) return invalid("tokenizer.json: template token '{}' has no ids", name);
    WEFT_CHECK_OK(ids.each([&](JsonNode id) -> Status {
      WEFT_TRY(const std::int32_t value, token_id(parts, name, id));
      return piece.ids.push_back(value), Status();
    }));
    if (!piece.ids.empty()) pieces.push_back(std::move(piece));
    return {};
  }));
  if (pieces.empty()) return unknown(fmt::format("{} template", key), "without the sequence A");
  return pieces;
}

Status read_template(JsonNode node, TokenizerParts& parts) {
  PostTemplate t;
  WEFT_TRY(t.single, read_pieces(node, "single", 1, parts));
  auto pair = read_pieces(node, "pair", 2, parts);
  if (pair.ok()) t.pair = std::move(*pair);
  else t.no_pair = pair.status().message();  // of no account where texts are encoded one by one
  return parts.post.add(std::move(t)), Status();
}

/// Special tokens around and between texts; see published_steps.hpp.
Status read_pairs(JsonNode n, std::string_view type, TokenizerParts& parts) {
  std::vector<std::int32_t> cls, sep;
  for (const auto& [key, ids] : {std::pair("cls", &cls), {"sep", &sep}}) {
    std::vector<JsonNode> pair;
    (void)n[key].each([&](JsonNode item) { return pair.push_back(item), Status(); });
    if (!n[key].is_array() || pair.size() != 2 || !pair[0].is_string()) {
      return invalid("tokenizer.json: {}'s '{}' is not [token, id]", type, key);
    }
    WEFT_TRY(const std::int32_t id, token_id(parts, pair[0].text(), pair[1]));
    ids->push_back(id);
  }
  return parts.post.add(paired_template(cls, sep, type == kDoubledPairsType)), Status();
}

Status add_trimming(JsonNode n, TokenizerParts& parts) {
  WEFT_TRY(const bool trims, json_bool(n, "trim_offsets", true));
  WEFT_TRY(const bool add_prefix_space, json_bool(n, "add_prefix_space", true));
  if (trims) parts.post.add_trimming(add_prefix_space);
  return {};
}

Status one_decoder(JsonNode n, std::string_view type, DecoderChain& out) {
  DecodeStep step{};
  if (type == "ByteLevel") {
    step.kind = DecodeStep::kByteLevel;
  } else if (type == "ByteFallback") {
    step.kind = DecodeStep::kByteFallback;
  } else if (type == "Fuse") {
    step.kind = DecodeStep::kFuse;
  } else if (type == "Replace") {
    step.kind = DecodeStep::kReplace;
    WEFT_TRY(Pattern p, read_pattern(n["pattern"]));
    if (p.literal.empty()) step.pattern.push_back(std::move(p.regex));
    step.literal = std::move(p.literal);
    WEFT_TRY(step.with, json_text(n, "content"));
  } else if (type == "Strip") {
    step.kind = DecodeStep::kStrip;
    WEFT_TRY(step.literal, json_text(n, "content", " "));
    WEFT_TRY(const auto start, json_integer(n, "start", 0));
    WEFT_TRY(const auto stop, json_integer(n, "stop", 0));
    if (step.literal.empty() || start < 0 || stop < 0) {
      return invalid("tokenizer.json: Strip wants a character and counts from 0");
    }
    step.start = static_cast<std::size_t>(start);
    step.stop = static_cast<std::size_t>(stop);
  } else if (type == "Metaspace") {
    step.kind = DecodeStep::kMetaspace;
    WEFT_TRY(const SplitMetaspace metaspace, read_metaspace(n));
    step.literal = metaspace.replacement;
    step.drop_first = metaspace.prepend != SplitMetaspace::Prepend::kNever;
  } else if (type == "BPEDecoder") {
    step.kind = DecodeStep::kWordSuffix;
    WEFT_TRY(step.literal, json_text(n, "suffix", "</w>"));
    if (step.literal.empty()) return invalid("tokenizer.json: BPEDecoder's suffix is empty");
  } else if (type == "WordPiece") {
    step.kind = DecodeStep::kWordPiece;
    WEFT_TRY(step.literal, json_text(n, "prefix", "##"));
    WEFT_TRY(step.cleanup, json_bool(n, "cleanup", true));
  } else if (type == "CTC") {
    step.kind = DecodeStep::kCtc;
    WEFT_TRY(step.literal, json_text(n, "pad_token", "<pad>"));
    WEFT_TRY(step.with, json_text(n, "word_delimiter_token", "|"));
    WEFT_TRY(step.cleanup, json_bool(n, "cleanup", true));
    if (step.literal.empty() || step.with.empty()) return invalid("tokenizer.json: CTC's tokens are empty");
  } else {
    return unknown("decoder", type);
  }
  return out.add(std::move(step)), Status();
}

}  // namespace

Status read_post_processor(JsonNode root, TokenizerParts& parts) {
  static constexpr TypeByField kOld[] = {{"single", "TemplateProcessing"}, {"processors", "Sequence"}};
  return each_step(root, "processors", kOld, [&](JsonNode n, std::string_view type) -> Status {
    const bool framed = !n["sep"].is_null() && !n["cls"].is_null(), trims = !n["trim_offsets"].is_null();
    if (type.empty() && framed) type = trims ? kDoubledPairsType : kTypedPairsType;
    if (type.empty() && trims) type = "ByteLevel";
    if (type == "ByteLevel") return add_trimming(n, parts);
    if (type == "TemplateProcessing") return read_template(n, parts);
    if (type == kTypedPairsType) return read_pairs(n, type, parts);
    if (type != kDoubledPairsType) return unknown("post_processor", type);
    WEFT_CHECK_OK(add_trimming(n, parts));
    return read_pairs(n, type, parts);
  });
}

Status read_decoder(JsonNode root, DecoderChain& out) {
  static constexpr TypeByField kOld[] = {{"decoders", "Sequence"}, {"suffix", "BPEDecoder"}, {"prefix", "WordPiece"},
                                         {"pad_token", "CTC"}, {"trim_offsets", "ByteLevel"},
                                         {"replacement", "Metaspace"}, {"pattern", "Replace"}, {"start", "Strip"}};
  return each_step(root, "decoders", kOld,
                   [&](JsonNode n, std::string_view type) { return one_decoder(n, type, out); });
}

}  // namespace weft
