// exaone4: norms after each branch, and of q and k. In models with windows, layers that see everything have no rope.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"
#include "weft/sdk/gguf_layers.hpp"

namespace weft::exaone4 {

using namespace sdk;

struct Exaone4 : Family {
  static constexpr std::string_view kType = "exaone4", kGguf = "exaone4";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("exaone4", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.kv_heads = 32, .eps = 1e-5});
    s.attention.qk_norm = blocks::QkNorm::kHead;
    s.residual = {.before_attention = "",
        .after_attention = "post_attention_layernorm",
        .before_mlp = "",
        .after_mlp = "post_feedforward_layernorm"};
    const int64_t window = blocks::read_window(c, "sliding_window", 4096);
    const Json pattern = c.get("sliding_window_pattern");  // a number, or letters for the layers: "LLLG"
    const std::string letters(pattern.string());
    const int64_t every = pattern.is_string() ? 0 : c.integer_or("sliding_window_pattern", 4, 0);
    if (pattern.is_string() && letters.find_first_not_of("LG") != std::string::npos)
      refuse(c.at("sliding_window_pattern") + " is \"" + letters + "\"");
    blocks::read_windows(c, s, window, [&](int64_t i) {
      if (window == 0) return false;
      if (!letters.empty())
        return i + 1 < static_cast<int64_t>(s.layers.size()) &&
               letters[static_cast<std::size_t>(i) % letters.size()] == 'L';
      return every > 0 && (i + 1) % every != 0;
    });
    for (blocks::LayerShape& l : s.layers) l.rope = window == 0 || l.window > 0 ? 0 : -1;
    c.harmless({"layer_norm_epsilon", "rotary_factor"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    c.set("sliding_window", m.integer_or("attention.sliding_window", 0));
    gguf_window_layers(m, c, 4);
  }
};

}  // namespace weft::exaone4

WEFT_FAMILY("weft.exaone4", weft::exaone4::Exaone4)
