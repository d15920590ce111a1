// Sentencepiece's plain models: each character, or each word with the mark before it, is a piece or unknown.
#pragma once

#include "core/text/model.hpp"
#include "core/text/trie.hpp"

namespace weft {

struct PlainPiecesOptions {
  bool words = false;               // else characters
  std::int32_t unk = -1;
  std::vector<std::int32_t> bytes;  // 256 ids, or none: what becomes of what is unknown
  std::vector<std::int32_t> whole;  // user-defined: found before characters
};

class PlainPieces final : public TokenModel {
 public:
  static Result<std::unique_ptr<TokenModel>> create(TokenTable tokens, PlainPiecesOptions options);
  Status encode(std::string_view word, std::vector<Token>& out) const override;

 private:
  PlainPiecesOptions options_;
  Trie whole_;
};

}  // namespace weft
