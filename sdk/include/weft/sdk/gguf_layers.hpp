// Metadata of GGUF files that have a value for each layer.
#pragma once

#include "weft/sdk/gguf.hpp"

namespace weft::sdk {

/// layer_types from a switch a layer (true: it sees the window), or sliding_window_pattern from a number: all but
/// every n-th layer see it. Without either, as llama.cpp has it built in: `pattern`.
inline void gguf_window_layers(GgufMetadata& m, JsonObject& c, int64_t pattern) {
  const Json p = m.get("attention.sliding_window_pattern");
  if (!p.is_array()) {
    c.set("sliding_window_pattern", m.integer_or("attention.sliding_window_pattern", pattern));
    return;
  }
  std::string types;
  for (uint64_t i = 0; i < p.size(); ++i) {
    types += (i ? ",\"" : "\"") + std::string(p.at(i).integer() != 0 ? "sliding" : "full") + "_attention\"";
  }
  c.raw("layer_types", "[" + types + "]");
}

}  // namespace weft::sdk
