// How an embedding model makes one vector of a text's hidden states, as its checkpoint says.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/weights/checkpoint.hpp"
#include "weft/status.hpp"

namespace weft {

struct Pooling {
  /// Of the first token; the largest of all; their mean, or sum over the square root of their number; their mean
  /// weighted by 1, 2, 3...; of the last.
  enum class Mode { kCls, kMax, kMean, kMeanSqrt, kWeightedMean, kLast };

  std::vector<Mode> modes{Mode::kMean};  // their vectors, one after the other
  bool normalise = false;                // to length 1
  int64_t max_tokens = 0;                // what is longer is cut as sentence-transformers does; 0: not said
  bool lower_case = false;               // of texts, before they are tokenized
  std::string prompt;                    // stands before each text

  /// From modules.json and the files it names. Without it the mean, as sentence-transformers has it. From GGUF
  /// pooling_type, normalised: the file does not say whether, and llama.cpp does. A module or mode that is not
  /// implemented is refused by name.
  static Result<Pooling> load(const Checkpoint& checkpoint);

  /// hidden: [tokens, width], at least one token. [modes * width]
  std::vector<float> pool(std::span<const float> hidden, int64_t width) const;
};

}  // namespace weft
