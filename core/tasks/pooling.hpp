// One vector of a text's hidden states.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft {

struct Pooling {
  /// Of the first token; the largest of all; their mean, or sum over the square root of their number; their mean
  /// weighted by 1, 2, 3...; of the last.
  enum class Mode { kCls, kMax, kMean, kMeanSqrt, kWeightedMean, kLast };

  std::vector<Mode> modes{Mode::kMean};  // their vectors, one after the other
  bool include_prompt = true;            // false: the tokens of a prompt before the text do not count

  /// A Pooling module's config.json, the mean where it says nothing; a mode that is not known is refused by name.
  static Result<Pooling> read(const Json& config, const std::string& where);

  /// hidden: [tokens, width], at least one token, of which the first `prompt` are a prompt's. [modes * width]
  std::vector<float> pool(std::span<const float> hidden, int64_t width, std::size_t prompt = 0) const;
};

}  // namespace weft
