// From logits to a token: filters in a given order, then a draw.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/runtime/sampling/token_rules.hpp"
#include "weft/status.hpp"

namespace weft {

struct SamplingOptions {
  bool greedy = false;     // take the likeliest token after bias and penalties
  double temperature = 1;  // 0: greedy
  int64_t top_k = 0;       // 0: all
  double top_p = 1, min_p = 0, typical_p = 1;
  double repetition_penalty = 1, presence_penalty = 0, frequency_penalty = 0;
  int64_t penalty_window = 64;  // how many of the last tokens penalties look at; -1: all
  std::vector<std::pair<int32_t, float>> logit_bias;
  TokenRules rules;  // of the generation, which applies them before the chain sees a row
  uint64_t seed = 0;
  int64_t top_logprobs = 0;  // how many of the likeliest tokens are reported beside the chosen one
  /// The order of the filters: logit_bias, penalties, top_k, typical, top_p, min_p, temperature. Empty: this order.
  std::vector<std::string> order;
};

struct TokenLogprob {
  int32_t token = 0;
  float logprob = 0;  // log-softmax of the logits before all filters
};

struct Sampled : TokenLogprob {
  std::vector<TokenLogprob> top;  // descending; of equal ones the lower id comes first
};

/// The likeliest tokens of a row of logits, descending; of equal ones the lower id comes first.
struct Candidates {
  std::span<const int32_t> ids;
  std::span<const float> logits;
  float total = 0;  // sum of exp(logit - largest logit) over the row
};

/// Equal seeds and logits give equal tokens on every machine. [one thread per chain]
class SamplerChain {
 public:
  static Result<SamplerChain> create(SamplingOptions options);
  /// Draws a token. DATA_LOSS: a logit is NaN, or none is finite. Of equal logits the lower id comes first.
  Result<Sampled> sample(std::span<const float> logits, std::span<const int32_t> history);
  /// How many candidates of a row give the same token as the whole row; 0: any number may be too few.
  int64_t candidates_needed(std::span<const int32_t> history) const;
  /// The same draw from as many candidates. Log-probabilities may differ in the last digits.
  Result<Sampled> sample(const Candidates& candidates, std::span<const int32_t> history);

 private:
  struct Candidate {
    int32_t token;
    float logit;
  };
  std::span<const int32_t> punished(std::span<const int32_t> history) const;
  bool punishes() const;
  /// Filters, and draws one that is left.
  int32_t choose(std::vector<Candidate> all, std::span<const int32_t> history);
  explicit SamplerChain(SamplingOptions options);
  void apply(const std::string& step, std::vector<Candidate>& all, std::span<const int32_t> history) const;
  void penalise(std::vector<Candidate>& all, std::span<const int32_t> history) const;
  uint64_t random();

  SamplingOptions options_;
  uint64_t state_;
};

}  // namespace weft
