// The likeliest spans of a text, as the pipeline "question-answering" of transformers finds them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weft {

struct TokenSpan {
  std::size_t first = 0, last = 0;  // tokens
  double score = 0;                 // a probability
};

/// The `most` likeliest spans of at most `max_tokens` tokens, the likeliest first. A span begins and ends at tokens of
/// which `allowed` is true, and never at token 0, which stands for "no answer"; the probability of a place is the
/// softmax of its logit among the allowed ones and token 0. `null_score`: how likely "no answer" is.
std::vector<TokenSpan> likeliest_spans(std::span<const float> start_logits, std::span<const float> end_logits,
                                       const std::vector<bool>& allowed, std::size_t max_tokens, std::size_t most,
                                       double* null_score);

}  // namespace weft
