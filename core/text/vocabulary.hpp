// The neutral vocabulary that a container of weights hands over when it has no tokenizer.json.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  std::string model;  // "bpe" or "gpt2": byte-level BPE; "spm" or "llama": pieces with scores
  std::string pre;    // pre-tokenizer name of byte-level BPE ("" is "default")
  std::vector<std::string> tokens;
  std::vector<float> scores;            // empty, or one a token; needed by "spm"
  std::vector<TokenType> types;         // empty (all normal), or one a token
  std::vector<std::string> merges;      // "left right", best first; needed by "bpe"
  std::int32_t bos = -1, eos = -1, unk = -1, pad = -1;  // -1: none
  bool add_bos = false;
  bool add_eos = false;
  bool add_space_prefix = true;  // "spm" only
};

}  // namespace weft
