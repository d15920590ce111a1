// The steps of a tokenizer.json, from their JSON. Each names in its error what it does not know.
#pragma once

#include "core/base/json.hpp"
#include "core/text/tokenizer_parts.hpp"

namespace weft {

Status read_normalizer(const Json& node, Normalizer& out);
Status read_pretokenizer(const Json& node, PreTokenizer& out);
/// Fills prefix and suffix.
Status read_post_processor(const Json& node, TokenizerParts& parts);
Status read_decoder(const Json& node, DecoderChain& out);

}  // namespace weft
