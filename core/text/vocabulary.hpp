// The neutral vocabulary that a container of weights gives when it has no tokenizer.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/texts.hpp"

namespace weft {

enum class TokenType : std::int32_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

struct Vocabulary {
  std::string model;  // as weft_vocabulary has it
  std::string pre;    // name of byte-level BPE's pre-tokenizer; "" is "default"
  Texts tokens;
  std::vector<float> scores;            // empty, or one for each token; "spm" and "ugm" need them
  std::vector<TokenType> types;         // empty (all tokens are normal), or one for each token
  Texts merges;                         // "left right", the best first; "bpe" needs them
  std::string charsmap;                 // "ugm": sentencepiece's precompiled map; may be empty
  std::int32_t bos = -1, eos = -1, unk = -1, pad = -1, sep = -1;  // -1: none
  /// Not said: as the model and `pre` do by themselves, where they have the token.
  std::optional<bool> add_bos, add_eos, add_sep;
  std::optional<bool> add_space_prefix, remove_extra_spaces;  // "spm", "ugm"
  std::optional<bool> lowercase, strip_accents;               // "wpm"
};

}  // namespace weft
