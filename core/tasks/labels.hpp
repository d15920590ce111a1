// What a classifier's outputs are called and what they mean, as its config.json says.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/weights/checkpoint.hpp"
#include "weft/status.hpp"

namespace weft {

/// Reads a JSON file of the checkpoint that must exist; the error for a missing one says `what` it tells. The caller
/// drains the result.
Result<Json> needed_json(const Checkpoint& checkpoint, const std::string& name, const char* what);

struct Labels {
  /// From problem_type: one label is right (softmax), any number of labels may be (sigmoid), or outputs are values
  /// themselves.
  enum class Kind { kSingle, kMulti, kRegression };

  std::vector<std::string> names;  // one for each output, no two alike
  Kind kind = Kind::kSingle;

  /// Reads the labels of `outputs` outputs. Without id2label they are LABEL_0 and so on. Without problem_type one label
  /// is right (with a single output: any number). A name that several outputs share gets the output's index: "crane
  /// (134)".
  static Result<Labels> read(const Json& config, const std::string& where, int64_t outputs);

  /// The same from the checkpoint's config.json. NOT_FOUND: there is none.
  static Result<Labels> of(const Checkpoint& checkpoint, int64_t outputs);

  std::vector<float> scores(std::span<const float> logits) const;
};

}  // namespace weft
