// How the symbols of one word merge: the best pair first, the leftmost of equal pairs first.
#pragma once

#include <queue>
#include <unordered_map>

#include "core/text/model_bpe.hpp"

namespace weft {

struct BpeSymbol {
  std::int32_t id;              // -1, where merges go by score: a character that is no piece
  std::uint32_t begin, end;     // the symbol's bytes in the word
  std::int32_t previous, next;  // neighbours, -1: none; next is -2 once the symbol was merged into the one before
  bool whole;                   // a user-defined piece, which merges with nothing
};

/// For few symbols: looks at all pairs each time and moves the rest of the symbols up.
class BpeMergingFew {
 public:
  static constexpr std::size_t kMost = 24;  // symbols; BpeMerging is faster for longer words
  /// Merges `symbols` until no pair merges any more. Not for vocabularies with unused pieces.
  static void run(const Bpe& model, std::string_view word, std::vector<BpeSymbol>& symbols) {
    MergeTable::Merge merges[kMost];
    std::size_t n = symbols.size();
    const auto look = [&](std::size_t i) { return model.merge_of(word, symbols[i], symbols[i + 1]); };
    for (std::size_t i = 0; i + 1 < n; ++i) merges[i] = look(i);
    while (n > 1) {
      std::size_t best = 0;
      for (std::size_t i = 1; i + 1 < n; ++i) {
        if (merges[i].rank < merges[best].rank) best = i;
      }
      if (merges[best].id < 0) break;
      symbols[best].id = merges[best].id;
      symbols[best].end = symbols[best + 1].end;
      --n;
      for (std::size_t i = best + 1; i < n; ++i) {
        symbols[i] = symbols[i + 1];
        merges[i - 1] = merges[i];
      }
      if (best > 0) merges[best - 1] = look(best - 1);
      if (best + 1 < n) merges[best] = look(best);
    }
    symbols.resize(n);
  }
};

/// For any number of symbols, linked so that merging moves nothing.
class BpeMerging {
 public:
  BpeMerging(const Bpe& model, std::string_view word, std::vector<BpeSymbol>& symbols, Meter& meter)
      : model_(model), word_(word), symbols_(symbols), meter_(meter) {}
  /// Merges. Afterwards symbols whose `next` is -2 are gone.
  Status run();
  /// The two symbols that an unused piece was merged from; null: none are known.
  const std::pair<BpeSymbol, BpeSymbol>* halves(std::int32_t id) const {
    const auto it = halves_.find(id);
    return it == halves_.end() ? nullptr : &it->second;
  }

 private:
  Status run_in_order();
  void propose(std::int32_t left);
  Status apply(std::uint32_t rank, std::int32_t at);
  MergeTable::Merge merge_of(const BpeSymbol& left, const BpeSymbol& right);
  void join(std::int32_t at, std::int32_t id);

  const Bpe& model_;
  std::string_view word_;
  std::vector<BpeSymbol>& symbols_;
  Meter& meter_;
  std::uint64_t steps_ = 0;  // that the meter has not been told of
  // Rank in the high half, place in the low half.
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> heap_;
  bool in_order_ = false, started_ = false;
  std::uint32_t now_ = 0;
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ranks_;
  std::unordered_map<std::uint32_t, std::vector<std::int32_t>> places_;
  std::unordered_map<std::int32_t, std::pair<BpeSymbol, BpeSymbol>> halves_;
};

}  // namespace weft
