// From logits to a token: an ordered chain of filters, then a draw.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "weft/status.hpp"

namespace weft {

struct SamplingOptions {
  bool greedy = false;      // the likeliest after bias and penalties
  double temperature = 1;   // 0: greedy
  int64_t top_k = 0;        // 0: all
  double top_p = 1, min_p = 0, typical_p = 1;
  double repetition_penalty = 1, presence_penalty = 0, frequency_penalty = 0;
  int64_t penalty_window = 64;  // last tokens looked at; -1: all
  std::vector<std::pair<int32_t, float>> logit_bias;
  uint64_t seed = 0;
  int64_t top_logprobs = 0;  // likeliest tokens to report beside the chosen one
  /// Names: logit_bias penalties top_k typical top_p min_p temperature. Empty: this order.
  std::vector<std::string> order;
};

struct TokenLogprob {
  int32_t token = 0;
  float logprob = 0;  // log-softmax of the logits as given
};

struct Sampled : TokenLogprob {
  std::vector<TokenLogprob> top;  // descending, ties by lower id
};

/// [one thread per chain] Equal seeds give equal tokens on every machine with equal logits.
class SamplerChain {
 public:
  static Result<SamplerChain> create(SamplingOptions options);
  /// DATA_LOSS when a logit is NaN or none is finite. Ties go to the lower id.
  Result<Sampled> sample(std::span<const float> logits, std::span<const int32_t> history);

 private:
  struct Candidate {
    int32_t token;
    float logit;
  };
  explicit SamplerChain(SamplingOptions options);
  void apply(const std::string& step, std::vector<Candidate>& all, std::span<const int32_t> history) const;
  void penalise(std::vector<Candidate>& all, std::span<const int32_t> history) const;
  uint64_t random();

  SamplingOptions options_;
  uint64_t state_;
};

}  // namespace weft
