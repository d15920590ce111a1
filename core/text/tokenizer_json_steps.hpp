// The steps of a tokenizer.json, from their JSON. Each names in its error what it does not know.
#pragma once

#include "core/text/tokenizer_json_fields.hpp"
#include "core/text/tokenizer_parts.hpp"

namespace weft {

Status read_normalizer(const VocabJson& node, Normalizer& out);
Status read_pretokenizer(const VocabJson& node, PreTokenizer& out);
/// Fills prefix and suffix.
Status read_post_processor(const VocabJson& node, TokenizerParts& parts);
Status read_decoder(const VocabJson& node, DecoderChain& out);

}  // namespace weft
