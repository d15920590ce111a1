// What a classifier's outputs are called, and what they say, as its config.json has it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft {

struct Labels {
  /// Of problem_type: one label is right (softmax), any number of them are (sigmoid), or outputs are values themselves.
  enum class Kind { kSingle, kMulti, kRegression };

  std::vector<std::string> names;  // one an output, no two alike
  Kind kind = Kind::kSingle;

  /// Of `outputs` outputs. Without id2label they are LABEL_0 and so on; without problem_type one label is right, or
  /// any number of one. Names that several outputs share are told apart by their index: "crane (134)".
  static Result<Labels> read(const Json& config, const std::string& where, int64_t outputs);

  std::vector<float> scores(std::span<const float> logits) const;
};

}  // namespace weft
