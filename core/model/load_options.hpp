// How a host wants a model to be loaded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/call_limits.hpp"
#include "weft/status.hpp"

namespace weft {

struct LoadOptions {
  std::string backend, precision, kv, architecture;  // empty: what weft.json says, otherwise the default
  /// What the model is loaded for: roles of graphs (weft/abi/architecture.h), or their names; the first one is the
  /// model's main graph. Empty: the model's first graph. Parameters of other graphs are not looked for.
  std::vector<std::string> roles = default_roles();
  /// Which devices run which layers: "cpu:0-9,acme:1:10-31", or "auto": those that fit, see fit_layers. Empty: the
  /// first device runs all that it can.
  std::string layers;
  bool strict_device = false;
  bool allow_unused = false;  // tensors that no parameter takes are left out, with a warning, and not refused
  int64_t context = 0;    // how many tokens a sequence may have; 0: the model's own limit, at most 4096
  int64_t sequences = 1;  // how many may be open at once in a session
  int64_t step_tokens = 512;
  int64_t logits_rows = 0;   // the most rows of logits of one step; 0: as many as tokens
  uint64_t cache_bytes = 0;  // the most that the states of a session take; 0: what the devices have free
  CallLimits limits;  // looked at between the parts of the load; its text_bytes do not apply

  /// The graph also gives the likeliest tokens, see candidates.hpp. Model::load sets it where that saves copies.
  bool candidates = false;

  static std::vector<std::string> default_roles() { return {"predict-tokens"}; }
  /// The most tokens of a sequence or a step. Larger: positions and slots would not fit 32-bit numbers.
  static constexpr int64_t kMostTokens = int64_t{1} << 24;
  /// INVALID_ARGUMENT: a name or a size is not possible. Checked before anything is opened or fetched. The names of
  /// backends and architectures are checked later, once plugins are open.
  Status check() const;
};

}  // namespace weft
