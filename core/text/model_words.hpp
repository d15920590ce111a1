// Models that only look words up: WordPiece takes the longest piece first, word level takes whole words.
#pragma once

#include "core/text/model.hpp"
#include "core/text/trie.hpp"

namespace weft {

struct WordPieceOptions {
  std::string unk = "[UNK]";
  std::string continuing_prefix = "##";
  std::size_t max_characters = 100;  // longer words are unknown
};

class WordPiece final : public TokenModel {
 public:
  static Result<std::unique_ptr<TokenModel>> create(TokenTable tokens, WordPieceOptions options);
  Status encode(std::string_view word, Meter& meter, std::vector<Token>& out) const override;
  std::string_view continuing_prefix() const override { return options_.continuing_prefix; }

 private:
  WordPieceOptions options_;
  std::size_t longest_ = 0;  // bytes of the longest token
};

class WordLevel final : public TokenModel {
 public:
  static Result<std::unique_ptr<TokenModel>> create(TokenTable tokens, std::string_view unk);
  Status encode(std::string_view word, Meter& meter, std::vector<Token>& out) const override;
};

/// Takes the longest token that the rest of the word begins with, byte by byte, until nothing is left.
class LongestMatch final : public TokenModel {
 public:
  static Result<std::unique_ptr<TokenModel>> create(TokenTable tokens, std::int32_t unk);
  Status encode(std::string_view word, Meter& meter, std::vector<Token>& out) const override;

 private:
  Trie trie_;
};

}  // namespace weft
