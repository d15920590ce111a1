// What users and checkpoints say about sampling, and what holds in the end.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"
#include "core/runtime/sampling/sampler.hpp"

namespace weft {

/// What one side says. The user comes first, then the checkpoint, then weft; each decides what the sides before left
/// unset.
struct SamplingChoice {
  bool greedy = false;
  std::optional<double> temperature;
  std::optional<int64_t> top_k;
  std::optional<double> top_p, min_p, typical_p;
  std::optional<double> repetition_penalty, presence_penalty, frequency_penalty;
  std::optional<int64_t> penalty_window;
  TokenRules rules;              // a checkpoint's alone
  std::optional<uint64_t> seed;  // unset: drawn at random; a checkpoint never sets it
};

/// The choice in a checkpoint's generation config, whose keys are in weft/abi/format.h. `do_sample` false becomes a
/// temperature of 0. No value is an error, so that the model runs: `warn` is told of values that cannot be used, and of
/// methods that would change the answer but that the sampler does not have.
SamplingChoice read_sampling_choice(const Json& generation_config,
                                    const std::function<void(const std::string&)>& warn);

struct Sampling {
  SamplingOptions options;
  /// One line: "temperature 0.6 (model), top_k 40 (weft), ..., seed 123 (random)".
  std::string text;
  /// JSON: {"temperature": {"value": 0.6, "from": "model"}, ...}; "from": "given", "model", "weft" or "random".
  std::string json;
};

/// What holds: `given`, where it is unset `model`, otherwise weft's defaults.
Sampling settle_sampling(const SamplingChoice& given, const SamplingChoice& model);

/// Weft's default of a setting, for texts that name it.
double sampling_default(std::string_view setting);

}  // namespace weft
