// What tokenizer_config.json says of how texts become a model's input, beside the tokens themselves.
#pragma once

#include <cstdint>

#include "core/base/json.hpp"
#include "core/text/tokenizer.hpp"

namespace weft {

struct TokenizerSettings {
  int64_t max_tokens = 0;     // model_max_length; 0: not said, or beyond what any model takes
  bool cuts_left = false;     // truncation_side: texts lose their first tokens
  bool pads_left = false;     // padding_side
  /// Whether models are told each token's type: as model_input_names says; without it all classes of tokenizers tell it
  /// but the general ones, as in transformers 5.
  bool gives_types = true;
  bool tidies_spaces = false;  // clean_up_tokenization_spaces: no space before English punctuation in decoded text
  int32_t mask = -1, cls = -1, pad = -1;  // ids; -1: there is none

  /// A token that the config does not name is the special one of a usual name ("[MASK]", "<mask>"). UNIMPLEMENTED: a
  /// side is neither left nor right.
  static Result<TokenizerSettings> read(const Json& tokenizer_config, const Tokenizer& tokenizer);
};

}  // namespace weft
