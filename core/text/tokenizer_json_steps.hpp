// Reads the steps of a tokenizer.json. Errors name what is not known.
#pragma once

#include "core/text/tokenizer_json_fields.hpp"
#include "core/text/tokenizer_parts.hpp"

namespace weft {

Status read_normalizer(JsonNode node, Normalizer& out);
Status read_pretokenizer(JsonNode node, PreTokenizer& out);
/// Called after the model and the added tokens have been read.
Status read_post_processor(JsonNode node, TokenizerParts& parts);
Status read_decoder(JsonNode node, DecoderChain& out);

/// In old files, which leave out types: the type of a step that has the field `key`.
struct TypeByField {
  std::string_view key, type;
};

namespace json_steps {

Status unknown(std::string_view what, std::string_view type);
/// A pattern: {"String": …}, {"Regex": …} or a bare string.
struct Pattern {
  std::string literal;  // empty when the pattern is a regex
  Regex regex;
};
Result<Pattern> read_pattern(JsonNode node);
Result<SplitMetaspace> read_metaspace(JsonNode node);

/// Calls f on each element of the list `key` where the node is a Sequence, otherwise on `node` itself.
template <std::size_t N, class F>
Status each_step(JsonNode node, std::string_view key, const TypeByField (&old)[N], F&& f) {
  WEFT_TRY(std::string type, json_text(node, "type"));
  for (std::size_t i = 0; i < N && type.empty(); ++i) {
    if (!node[old[i].key].is_null()) type = old[i].type;
  }
  if (type != "Sequence") return f(node, std::string_view(type));
  const JsonNode list = node[key];
  if (!list.is_array()) return invalid("tokenizer.json: a Sequence without '{}'", key);
  return list.each([&](JsonNode item) { return each_step(item, key, old, f); });
}

}  // namespace json_steps
}  // namespace weft
