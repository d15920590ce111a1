// Byte-pair encoding of one word: merges go by rank, or by the scores of the pieces (SentencePiece).
#pragma once

#include <mutex>

#include "core/text/character_tokens.hpp"
#include "core/text/merge_table.hpp"
#include "core/text/model.hpp"
#include "core/text/neighbours.hpp"
#include "core/text/trie.hpp"

namespace weft {

struct BpeOptions {
  std::optional<std::string> unk;
  std::string continuing_prefix, end_suffix;
  bool fuse_unk = false, byte_fallback = false, ignore_merges = false;
};

/// A SentencePiece vocabulary, whose pieces merge by score. Tokens that merging never makes are hidden from the table.
struct ScoredPieces {
  std::vector<float> scores;        // by id; a higher score merges first; none is NaN
  std::vector<bool> unused;         // by id: pieces that merge on the way and are then split again
  std::vector<std::int32_t> whole;  // user-defined pieces: found before all others, merged with nothing
  std::int32_t unk = -1;
  std::vector<std::int32_t> bytes; // 256 ids for the bytes of unknown characters, or empty
};

class Bpe final : public TokenModel {
 public:
  /// Makes a model whose pieces merge by score. BpeBuilder makes one with ranked merges.
  static Result<std::unique_ptr<TokenModel>> create_scored(TokenTable tokens, ScoredPieces pieces,
                                                           bool ignore_merges = false);

  Status encode(std::string_view word, Meter& meter, std::vector<Token>& out) const override;
  Status encode_spelt(std::string_view bytes, Meter& meter, std::vector<Token>& out) const override;
  std::string_view continuing_prefix() const override { return options_.continuing_prefix; }
  bool merges_pairs() const override { return true; }
  bool cuts_before_marks() const override { return has_mark_ && !merges_across_marks_ && !options_.ignore_merges; }
  std::size_t next_cut(std::string_view word, std::size_t from) const override;

 private:
  friend class BpeBuilder;
  friend class BpeMerging;
  friend class BpeMergingFew;
  void remember_characters();
  void split(std::string_view word, std::vector<struct BpeSymbol>& out) const;
  Status split_scored(std::string_view word, Meter& meter, std::vector<struct BpeSymbol>& out) const;
  MergeTable::Merge merge_of(std::string_view word, const struct BpeSymbol& left, const struct BpeSymbol& right) const;
  Status merge(std::string_view word, std::vector<struct BpeSymbol>& symbols, Meter& meter,
               std::vector<Token>& out) const;
  void emit(const struct BpeSymbol& symbol, std::string_view word, const class BpeMerging* merging,
            std::vector<Token>& out) const;

  BpeOptions options_;
  MergeTable merges_;
  CharacterTokens characters_;
  std::int32_t spelt_bytes_[256];  // the token of each byte in the byte-level alphabet
  bool spells_all_ = false;        // every byte has such a token, and there are no affixes
  std::optional<ByteTokens> bytes_;
  std::optional<ScoredPieces> scored_;
  bool any_unused_ = false;
  Trie whole_;
  bool has_mark_ = false, merges_across_marks_ = false;
  bool may_cut_ = false;  // long words may be encoded in parts, see next_cut
  mutable std::once_flag neighbours_wanted_;
  mutable std::optional<Neighbours> neighbours_;
};

/// Makes a Bpe with ranked merges.
class BpeBuilder {
 public:
  /// `merges`: about how many merges will follow, to make room for them.
  static Result<BpeBuilder> create(TokenTable tokens, BpeOptions options, std::size_t merges);
  /// Adds a merge with the next rank. The texts must stay valid until finish(), which may be the one to refuse them.
  Status add(std::string_view left, std::string_view right);
  Result<std::unique_ptr<TokenModel>> finish();

 private:
  Status look_up();
  void find_merged(std::span<const std::string_view> texts, std::vector<std::int32_t>& ids);
  std::unique_ptr<Bpe> model_;
  std::vector<std::string_view> waiting_;  // left, right, left, right…; looked up many at a time
  std::uint32_t rank_ = 0;                 // of the first merge in waiting_
  std::int32_t last_ = -1;                 // the token that the last merge makes
};

}  // namespace weft
