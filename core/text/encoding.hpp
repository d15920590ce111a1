// The tokens of a text, or of two texts that a model reads together.
#pragma once

#include <cstdint>
#include <vector>

#include "core/text/aligned_text.hpp"

namespace weft {

/// Each vector but `ids` is empty, or has an entry for each token.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<Origin> offsets;       // the bytes of its text that a token stands for; (0, 0): none
  std::vector<std::int32_t> words;   // which word of its text a token is part of, from 0; -1: none
  std::vector<std::int32_t> types;   // token type ids
  std::vector<std::int8_t> texts;    // which text a token is from, 0 or 1; -1: the post-processor added it
};

/// One or two texts as a model reads them.
struct EncodedTexts {
  /// With all vectors. One, unless Truncation::windows asked for more.
  std::vector<Encoding> windows;
  std::size_t uncut = 0;  // how many tokens there would be without a limit
};

}  // namespace weft
