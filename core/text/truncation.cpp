#include "core/text/truncation.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace weft {
namespace {

/// How many tokens each of two texts keeps of `most`: the shorter one all that it has up to half of them.
std::array<std::size_t, 2> kept_of_longest(const std::array<std::size_t, 2>& sizes, std::size_t most) {
  const std::size_t half = most / 2, shorter = sizes[0] <= sizes[1] ? 0 : 1;
  std::array<std::size_t, 2> kept{};
  kept[shorter] = std::min(sizes[shorter], half);
  kept[1 - shorter] = most - kept[shorter];
  return kept;
}

Status no_room(std::size_t tokens, std::size_t most) {
  return error(Code::kOutOfRange, "tokenizer: {} tokens may not be cut, which leaves no room within {}", tokens, most);
}

/// The parts of a text of `size` tokens, each of `most` tokens at most.
Result<std::vector<TokenRange>> parts_of(std::size_t size, std::size_t most, const Truncation& how) {
  if (size <= most) return std::vector<TokenRange>{{0, size}};
  if (!how.windows) {
    return std::vector<TokenRange>{how.from_left ? TokenRange{size - most, size} : TokenRange{0, most}};
  }
  if (how.stride >= most) {
    return error(Code::kOutOfRange,
                 "tokenizer: windows of {} tokens of the text cannot share {}, expected fewer; shorten the other text, "
                 "lower the stride, or allow more tokens",
                 most, how.stride);
  }
  std::vector<TokenRange> parts;
  for (std::size_t done = 0;; done += most - how.stride) {
    const std::size_t end = std::min(size, done + most);
    parts.push_back(how.from_left ? TokenRange{size - end, size - done} : TokenRange{done, end});
    if (end == size) return parts;
  }
}

}  // namespace

Result<std::vector<CutTexts>> cut_texts(const std::array<std::size_t, 2>& sizes, std::size_t n_texts, std::size_t added,
                                        const Truncation& how) {
  using Strategy = Truncation::Strategy;
  const std::size_t all = sizes[0] + sizes[1];
  const CutTexts whole{TokenRange{0, sizes[0]}, TokenRange{0, sizes[1]}};
  if (how.max_tokens == 0 || (added <= how.max_tokens && all <= how.max_tokens - added)) return std::vector{whole};
  if (added >= how.max_tokens) return no_room(added, how.max_tokens);
  const std::size_t most = how.max_tokens - added;
  if (how.strategy == Strategy::kLongestFirst && n_texts == 2) {
    if (how.windows) return error(Code::kUnimplemented, "tokenizer: windows of two texts that are both cut");
    const std::array<std::size_t, 2> kept = kept_of_longest(sizes, most);
    CutTexts cut;
    for (std::size_t t = 0; t < 2; ++t) {
      WEFT_TRY(const auto parts, parts_of(sizes[t], kept[t], how));
      cut[t] = parts[0];
    }
    return std::vector{cut};
  }
  const std::size_t text = how.strategy == Strategy::kOnlySecond ? 1 : 0;
  if (text >= n_texts) return invalid("tokenizer: there is no second text to be cut");
  const std::size_t other = all - sizes[text];
  if (other >= most) return no_room(other + added, how.max_tokens);
  WEFT_TRY(const auto parts, parts_of(sizes[text], most - other, how));
  std::vector<CutTexts> windows(parts.size(), whole);
  for (std::size_t i = 0; i < parts.size(); ++i) windows[i][text] = parts[i];
  return windows;
}

}  // namespace weft
