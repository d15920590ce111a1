// Which tokens may come next, whatever their logits are: what a checkpoint's generation config forces and forbids.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.hpp"

namespace weft {

/// The keys of transformers' generation config that have these meanings stand beside them. Lengths and n-grams count
/// the tokens of a sequence, of an encoder-decoder those of its decoder.
struct TokenRules {
  std::optional<int32_t> first;                // forced_bos_token_id: the second token of a sequence
  std::vector<int32_t> last;                   // forced_eos_token_id: the last one that was asked for
  std::vector<int32_t> never, never_first;     // suppress_tokens, begin_suppress_tokens
  std::vector<std::vector<int32_t>> sequences;  // bad_words_ids: tokens that never follow each other; alone: never
  int64_t min_length = 0, min_new_tokens = 0;  // before that, the sequence does not end
  int64_t no_repeat = 0, no_repeat_source = 0;  // (encoder_)no_repeat_ngram_size: n-grams that stand once; 0: any

  bool empty() const;
};

/// The rules in a generation config. A value that cannot be used is left out, and `warn` is told.
TokenRules read_token_rules(const Json& generation_config, const std::function<void(const std::string&)>& warn);

/// Where a generation stands.
struct GenerationPlace {
  std::span<const int32_t> history;   // the tokens of the sequence
  std::span<const int32_t> source;    // what the encoder has read; empty: there is no encoder
  std::span<const int32_t> stop_ids;  // those that end the generation
  int64_t made = 0;                   // how many of `history` are new
  bool last = false;                  // no further token was asked for
};

/// Sets the logits of tokens that may not come next to -inf.
void apply_token_rules(const TokenRules& rules, const GenerationPlace& place, std::span<float> logits);

}  // namespace weft
