// smollm3: some layers without rope.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::smollm3 {

using namespace sdk;

struct SmolLM3 : Family {
  static constexpr std::string_view kType = "smollm3", kGguf = "smollm3";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("smollm3", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s =
        blocks::read_decoder(c, {.context = 32768, .kv_heads = 4, .tied = true, .rope = {.theta = 2e6}});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.mlp.bias = c.flag_or("mlp_bias", false);
    const int64_t interval = c.integer_or("no_rope_layer_interval", 4);
    const Json rotated = c.get("no_rope_layers");  // 1: the layer has rope
    if (!rotated.null() && (!rotated.is_array() || rotated.size() != s.layers.size())) {
      refuse(c.at("no_rope_layers") + " is not a list of num_hidden_layers " + std::to_string(s.layers.size()) +
             " switches");
    }
    for (std::size_t i = 0; i < s.layers.size(); ++i) {
      const bool rope = rotated.null() ? static_cast<int64_t>(i + 1) % interval != 0 : rotated.at(i).integer() != 0;
      s.layers[i].rope = rope ? 0 : -1;
    }
    const bool windows = c.flag_or("use_sliding_window", false);
    const int64_t window = blocks::read_window(c, "sliding_window", 0);
    blocks::read_windows(c, s, windows ? window : 0,
        [&](int64_t i) { return windows && s.layers[static_cast<std::size_t>(i)].rope < 0; });
    c.harmless({"max_window_layers"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names gguf(const Json& c) { return {.rules = gguf_paired_qk(c)}; }
};

}  // namespace weft::smollm3

WEFT_FAMILY("weft.smollm3", weft::smollm3::SmolLM3)
