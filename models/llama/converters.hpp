// From checkpoints of the llama family to its blueprints.
#pragma once

#include <algorithm>

#include "weft/sdk/converter.hpp"

namespace weft::llama {

struct HuggingFace {
  static uint32_t probe(const sdk::Checkpoint&);
  static sdk::Identity identify(const sdk::Checkpoint&);
  static void plan(const sdk::Checkpoint&, const sdk::Json& config, const std::vector<std::string>& params, const sdk::Plan&);
};

struct Gguf {
  static uint32_t probe(const sdk::Checkpoint&);
  static sdk::Identity identify(const sdk::Checkpoint&);
  static void plan(const sdk::Checkpoint&, const sdk::Json& config, const std::vector<std::string>& params, const sdk::Plan&);
};

}  // namespace weft::llama
