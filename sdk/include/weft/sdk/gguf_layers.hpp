// Metadata of GGUF files that has a value for each layer.
#pragma once

#include "weft/sdk/gguf.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::sdk {

/// Says which layers see only the window. A list of switches (true: the layer sees the window) becomes layer_types; a
/// number n becomes sliding_window_pattern: all layers but every n-th see the window. Where the file has neither, n is
/// `pattern`, which llama.cpp has built in.
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

/// Where head_count_kv has a value for each layer, sets the list `key` to `attention` for layers that have heads and to
/// `other` for those that have none.
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
