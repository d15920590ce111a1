// Makes one vector from the hidden states of a text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft {

struct Pooling {
  /// The vector of the first token; the largest value of all tokens; their mean; their sum divided by the square root
  /// of their number; their mean weighted by 1, 2, 3...; the vector of the last token.
  enum class Mode { kCls, kMax, kMean, kMeanSqrt, kWeightedMean, kLast };

  /// The mode of a name that modules use: cls, max, mean, mean_sqrt_len_tokens, weightedmean, lasttoken.
  /// INVALID_ARGUMENT: there is none of this name.
  static Result<Mode> named(std::string_view name);

  std::vector<Mode> modes{Mode::kMean};  // their vectors are put one after the other
  bool include_prompt = true;            // false: the tokens of the prompt before the text do not count

  /// Reads the config.json of a Pooling module; the mean where it says nothing. An unknown mode is refused by name.
  static Result<Pooling> read(const Json& config, const std::string& where);

  /// hidden: [tokens, width] with at least one token; the first `prompt` tokens are the prompt's. Returns [modes *
  /// width].
  std::vector<float> pool(std::span<const float> hidden, int64_t width, std::size_t prompt = 0) const;
};

}  // namespace weft
