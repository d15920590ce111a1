// Reads SentencePiece's tokenizer.model, a protocol buffer. Only what tokenizing needs is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/vocabulary.hpp"
#include "weft/status.hpp"

namespace weft {

struct SentencePieceModel {
  enum class Kind { kUnigram = 1, kBpe = 2, kWord = 3, kChar = 4 } kind = Kind::kUnigram;
  std::vector<std::string_view> pieces;  // point into the file
  std::vector<float> scores;
  std::vector<TokenType> types;
  std::string_view charsmap;
  bool byte_fallback = false, spaces_are_suffixes = false;
  bool dummy_prefix = true, remove_extra_spaces = true, escape_spaces = true;
};

/// `file` must outlive the model.
Result<SentencePieceModel> read_sentencepiece(std::string_view file);

}  // namespace weft
