// What a Tokenizer is made of; the readers of tokenizer.json and of vocabularies fill it in.
#pragma once

#include "core/text/pretokenizer.hpp"
#include "core/text/tokenizer_added.hpp"
#include "core/text/tokenizer_bpe.hpp"
#include "core/text/tokenizer_decoder.hpp"
#include "core/text/tokenizer_normalizer.hpp"

namespace weft {

struct TokenizerParts {
  Normalizer normalizer;
  PreTokenizer pretokenizer;
  Bpe model;
  AddedTokens added;
  std::vector<std::int32_t> prefix, suffix;  // what add_special puts around the text
  DecoderChain decoder;
  std::int32_t bos = -1, eos = -1, unk = -1, pad = -1;
};

}  // namespace weft
