// Unigram: the segmentation whose pieces have the highest sum of scores.
#pragma once

#include "core/text/model.hpp"
#include "core/text/trie.hpp"

namespace weft {

struct UnigramOptions {
  std::int32_t unk = -1;
  bool byte_fallback = false;
  /// Computes as sentencepiece does: sums are floats, and only normal pieces count for the unknown's score.
  bool sentencepiece = false;
  std::vector<bool> normal, user_defined, unused;  // by id; only for `sentencepiece`
  std::vector<std::int32_t> bytes;                 // 256 ids, or empty; only for `sentencepiece`
  /// Pieces from this id on are found in texts as others are, and stand for the unknown; -1: there are none.
  std::int32_t unnumbered = -1;
};

class Unigram final : public TokenModel {
 public:
  /// `scores` has one for each token; none is NaN.
  static Result<std::unique_ptr<TokenModel>> create(TokenTable tokens, std::vector<double> scores,
                                                    UnigramOptions options);

  Status encode(std::string_view word, Meter& meter, std::vector<Token>& out) const override;
  bool unknown_keeps_text() const override { return true; }
  std::size_t vocab_count() const override {
    return options_.unnumbered < 0 ? tokens_.size() : static_cast<std::size_t>(options_.unnumbered);
  }

 private:
  template <class Score>
  Status best_path(std::string_view word, Meter& meter, std::vector<Token>& out) const;
  void emit(std::string_view word, const Token& token, std::vector<Token>& out) const;

  UnigramOptions options_;
  std::vector<double> scores_;
  double unk_score_ = 0;
  std::optional<ByteTokens> bytes_;
  Trie trie_;
};

}  // namespace weft
