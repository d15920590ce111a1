// How a host wants a model to be loaded.
#pragma once

#include <cstdint>
#include <string>

#include "weft/status.hpp"

namespace weft {

struct LoadOptions {
  std::string backend, precision, kv, architecture;  // empty: weft.json, else the default
  std::string graph = "step";  // which of the model's is built; empty: its first
  bool strict_device = false;
  int64_t context = 0;    // tokens a sequence may have; 0: the model's own, at most 4096
  int64_t sequences = 1;  // open at once in a session
  int64_t step_tokens = 512;

  /// Tokens of a sequence or a step at most: positions and slots are 32-bit numbers.
  static constexpr int64_t kMostTokens = int64_t{1} << 24;
  /// INVALID_ARGUMENT for names that nobody knows and sizes that are none, before anything is opened or fetched. The
  /// names of backends and architectures are known once plugins are open.
  Status check() const;
};

}  // namespace weft
