// Metadata of GGUF files that have a value for each layer.
#pragma once

#include "weft/sdk/gguf.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::sdk {

/// layer_types from a switch a layer (true: it sees the window), or sliding_window_pattern from a number: all but
/// every n-th layer see it. Without either, as llama.cpp has it built in: `pattern`.
WEFT_SDK_INLINE void gguf_window_layers(GgufMetadata& m, JsonObject& c, int64_t pattern) {
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

/// A list `key` of what each layer is, where head_count_kv has a value for each: 0 says that it has no attention.
WEFT_SDK_INLINE void gguf_layers_with_heads(
    GgufMetadata& m, JsonObject& c, std::string_view key, std::string_view attention, std::string_view other) {
  const Json heads = m.get("attention.head_count_kv");
  if (!heads.is_array()) return;
  std::string kinds;
  for (uint64_t i = 0; i < heads.size(); ++i)
    kinds += (i ? ",\"" : "\"") + std::string(heads.at(i).integer() > 0 ? attention : other) + "\"";
  c.raw(key, "[" + kinds + "]");
}

}  // namespace weft::sdk
