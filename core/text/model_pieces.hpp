// Sentencepiece's plain models: each character, or each word with the mark before it, is a piece or unknown.
#pragma once

#include "core/text/model.hpp"
#include "core/text/trie.hpp"

namespace weft {

struct PlainPiecesOptions {
  bool words = false;               // words are pieces; false: characters are
  std::int32_t unk = -1;
  std::vector<std::int32_t> bytes;  // 256 ids for the bytes of unknown text, or empty
  std::vector<std::int32_t> whole;  // user-defined pieces, found before characters
};

class PlainPieces final : public TokenModel {
 public:
  static Result<std::unique_ptr<TokenModel>> create(TokenTable tokens, PlainPiecesOptions options);
  Status encode(std::string_view word, Meter& meter, std::vector<Token>& out) const override;

 private:
  PlainPiecesOptions options_;
  Trie whole_;
};

}  // namespace weft
