// Byte-pair encoding of one word, either by ranked merges or by the scores of the pieces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weft/status.hpp"

namespace weft {

inline constexpr std::size_t kMaxVocabulary = std::size_t{1} << 22;
inline constexpr std::size_t kMaxMerges = std::size_t{1} << 23;
inline constexpr std::size_t kMaxTokenBytes = std::size_t{1} << 16;

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
using TokenIds = std::unordered_map<std::string, std::int32_t, StringHash, std::equal_to<>>;

struct BpeOptions {
  std::optional<std::string> unk;
  std::string continuing_prefix, end_suffix;
  bool fuse_unk = false, byte_fallback = false, ignore_merges = false;
};

class Bpe {
 public:
  static Result<Bpe> create(BpeOptions options);

  /// Fails on an id in use or out of range; a piece never merged into is `mergeable` = false.
  Status add_token(std::string_view text, std::int32_t id, bool mergeable = true);
  /// Ranked in order of calls, after every add_token; both parts and their union must be tokens.
  Status add_merge(std::string_view left, std::string_view right);
  /// Merges by score instead: scores[id], higher first.
  void use_scores(std::vector<float> scores) { scores_ = std::move(scores); }
  /// Finds the unknown and the byte tokens, once all tokens are in.
  Status finish();

  /// Appends the tokens of `word`; O(n log n).
  void encode(std::string_view word, std::vector<std::int32_t>& out) const;

  std::int32_t id(std::string_view token) const;            // -1: none
  const std::string* token(std::int32_t id) const;          // null: none
  std::size_t size() const { return texts_.size(); }        // largest id + 1

 private:
  struct Symbol {
    std::int32_t id;
    std::uint32_t begin, length;   // bytes of the word; length 0 once merged away
    std::int32_t previous, next;
  };
  struct Merge {
    double priority;  // lower first
    std::int32_t id;
  };

  void split(std::string_view word, std::vector<Symbol>& out) const;
  bool split_bytes(std::string_view character, std::vector<Symbol>& out) const;
  std::optional<Merge> merge_of(std::string_view word, const Symbol& a, const Symbol& b) const;
  void merge_all(std::string_view word, std::vector<Symbol>& symbols) const;

  BpeOptions options_;
  TokenIds ids_;
  std::vector<const std::string*> texts_;  // keys of ids_, null where no token has the id
  std::vector<bool> mergeable_;
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::vector<float> scores_;
  std::int32_t unk_ = -1;
  std::vector<std::int32_t> bytes_;  // 256 ids of <0xNN>, -1 where missing
};

}  // namespace weft
