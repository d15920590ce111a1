// What is said of sampling, by a user or by a checkpoint, and what is in force in the end.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"
#include "core/runtime/sampling/sampler.hpp"

namespace weft {

/// One side's say. What it leaves unset is for the next one to say: the user, then the checkpoint, then weft.
struct SamplingChoice {
  bool greedy = false;
  std::optional<double> temperature;
  std::optional<int64_t> top_k;
  std::optional<double> top_p, min_p, typical_p;
  std::optional<double> repetition_penalty, presence_penalty, frequency_penalty;
  std::optional<int64_t> penalty_window;
  std::optional<uint64_t> seed;  // unset: drawn at random; a checkpoint has none
};

/// The choice that a checkpoint's generation config makes; weft/abi/format.h has its keys. `do_sample` false is a
/// temperature of 0. A model runs whatever stands there: `warn` is told of values that cannot be used, and of
/// methods that would change the answer and that the sampler does not have.
SamplingChoice read_sampling_choice(const Json& generation_config,
                                    const std::function<void(const std::string&)>& warn);

struct Sampling {
  SamplingOptions options;
  /// One line: "temperature 0.6 (model), top_k 40 (weft), ..., seed 123 (random)".
  std::string text;
  /// JSON: {"temperature": {"value": 0.6, "from": "model"}, ...}; "from": "given", "model", "weft" or "random".
  std::string json;
};

/// What is in force when `given` goes before `model`, and `model` before weft's own defaults.
Sampling settle_sampling(const SamplingChoice& given, const SamplingChoice& model);

/// Weft's own value of a setting, for texts that name it.
double sampling_default(std::string_view setting);

}  // namespace weft
