// How much a tokenizer may do with a text. What published tokenizers need is hundreds of times less.
#pragma once

#include "core/base/meter.hpp"

namespace weft {

// Larger: a hostile tokenizer takes longer before it is refused, up to ten seconds for each 100 million steps.
inline constexpr std::uint64_t kTextSteps = 20'000'000, kStepsPerByte = 1000;
// Larger: a hostile tokenizer makes more of a text, and takes as many times the text's memory.
inline constexpr std::uint64_t kTextBytes = 1 << 20, kBytesPerByte = 64;

/// A meter for encoding a text of `bytes`, or for decoding tokens whose texts have so many.
inline Meter text_meter(std::uint64_t bytes, const CallLimits* limits = nullptr) {
  return Meter("the tokenizer", kTextSteps + kStepsPerByte * bytes, kTextBytes + kBytesPerByte * bytes, limits);
}

}  // namespace weft
