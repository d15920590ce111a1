// The files beside a tokenizer.json: what they say about its tokens, and which tokens they add.
#pragma once

#include "core/base/json.hpp"
#include "core/text/tokenizer_added.hpp"
#include "core/weights/files.hpp"

namespace weft {

/// Reads tokenizer_config.json into `config`, which the caller drains. Where it has no added_tokens_decoder, what
/// special_tokens_map.json says goes before what it says itself. An empty object where there is neither file.
Status read_tokenizer_config_of(const CheckpointFiles& files, Json& config);

/// The tokens that added_tokens_decoder of this config, otherwise added_tokens.json, and the config's names for tokens
/// (eos_token, additional_special_tokens, ...) add to a tokenizer.json.
Result<TokensBeside> tokens_beside(const CheckpointFiles& files, const Json& tokenizer_config);

}  // namespace weft
