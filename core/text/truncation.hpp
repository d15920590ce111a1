// Cuts tokens to as many as a model takes, as `tokenizers` does.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "weft/status.hpp"

namespace weft {

struct Truncation {
  /// Which of two texts loses tokens: the longer one, both once they are of one length; or one of them alone.
  enum class Strategy { kLongestFirst, kOnlyFirst, kOnlySecond };

  std::size_t max_tokens = 0;  // special tokens count; 0: no limit
  Strategy strategy = Strategy::kLongestFirst;
  bool from_left = false;  // texts lose their first tokens rather than their last
  /// The tokens that the first window leaves out go into further windows, each of which begins `stride` tokens before
  /// the end of the one before it (from_left: ends so many tokens after its beginning). Not for two texts that are both
  /// cut.
  bool windows = false;
  std::size_t stride = 0;
};

struct TokenRange {
  std::size_t begin = 0, end = 0;
};
/// The tokens of each text in one window.
using CutTexts = std::array<TokenRange, 2>;

/// How texts of `sizes` tokens are cut; there are `n_texts` of them, 1 or 2, and `added` special tokens around them.
/// OUT_OF_RANGE: the tokens that may not be cut leave no room, or no window moves on by a token.
Result<std::vector<CutTexts>> cut_texts(const std::array<std::size_t, 2>& sizes, std::size_t n_texts, std::size_t added,
                                        const Truncation& how);

}  // namespace weft
