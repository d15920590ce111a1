// Byte-pair encoding of one word, by ranked merges or by the scores of the pieces (SentencePiece).
#pragma once

#include "core/text/model.hpp"
#include "core/text/trie.hpp"

namespace weft {

inline constexpr std::size_t kMaxMerges = std::size_t{1} << 23;

struct BpeOptions {
  std::optional<std::string> unk;
  std::string continuing_prefix, end_suffix;
  bool fuse_unk = false, byte_fallback = false, ignore_merges = false;
};

/// Pairs of tokens, what they merge to, and when: lower ranks first.
class MergeTable {
 public:
  struct Merge {
    std::uint32_t rank = 0;
    std::int32_t id = -1;  // -1: none
  };
  void reserve(std::size_t merges);
  void set(std::int32_t left, std::int32_t right, Merge merge);  // replaces one of the same pair
  Merge find(std::int32_t left, std::int32_t right) const;

 private:
  struct Entry {
    std::uint64_t pair = UINT64_MAX;
    Merge merge;
  };
  std::size_t slot(std::uint64_t pair) const;
  std::vector<Entry> entries_;
  std::size_t count_ = 0;
};

/// A SentencePiece vocabulary: pieces merge by score. Tokens that never come of merging are hidden
/// from the table.
struct ScoredPieces {
  std::vector<float> scores;       // by id, higher merge first; none is NaN
  std::vector<bool> unused;        // merged on the way, then taken apart again
  std::vector<std::int32_t> whole; // user-defined: found before all else, merged with nothing
  std::int32_t unk = -1;
  std::vector<std::int32_t> bytes; // 256 ids, or none: what becomes of unknown characters
};

class Bpe final : public TokenModel {
 public:
  /// Call add_merge() for each of the about `merges` merges.
  static Result<std::unique_ptr<Bpe>> create(TokenTable tokens, BpeOptions options, std::size_t merges);
  Status add_merge(std::string_view left, std::string_view right, std::uint32_t rank);
  /// Merges by score instead.
  static Result<std::unique_ptr<TokenModel>> create_scored(TokenTable tokens, ScoredPieces pieces, bool ignore_merges = false);

  Status encode(std::string_view word, std::vector<Token>& out) const override;
  bool cuts_before_marks() const override { return has_mark_ && !merges_across_marks_ && !options_.ignore_merges; }

 private:
  struct Symbol {
    std::int32_t id;             // by score: -1 for a character that is no piece
    std::uint32_t begin, end;    // bytes of the word
    std::int32_t previous, next; // -1: none; next is -2 once merged away
    bool whole;                  // merges with nothing
  };
  class Merging;

  void split(std::string_view word, std::vector<Symbol>& out) const;
  void split_scored(std::string_view word, std::vector<Symbol>& out) const;
  MergeTable::Merge merge_of(std::string_view word, const Symbol& left, const Symbol& right) const;
  void emit(const Symbol& symbol, std::string_view word, const Merging& merging, std::vector<Token>& out) const;

  BpeOptions options_;
  MergeTable merges_;
  std::optional<ByteTokens> bytes_;
  std::optional<ScoredPieces> scored_;
  Trie whole_;
  bool has_mark_ = false, merges_across_marks_ = false;
};

}  // namespace weft
