// cohere (Command R): one norm before attention and MLP side by side, interleaved rope, scaled logits; cohere2
// (Command R7B, A): windows, and no rope in the layers that see everything.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"
#include "weft/sdk/gguf_layers.hpp"

namespace weft::cohere {

using namespace sdk;

blocks::DecoderShape read(Config& c, double theta) {
  blocks::DecoderShape s = blocks::read_decoder(c, {.context = 8192,
                                                       .tied = true,
                                                       .eps_key = "layer_norm_eps",
                                                       .eps = 1e-5,
                                                       .rope = {.theta = theta, .interleaved = true},
                                                       .norm = blocks::Norm::kLayer});
  s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
  s.logit_scale = c.number_or("logit_scale", 0.0625);
  s.residual.parallel = true, s.residual.before_mlp = s.residual.before_attention;
  return s;
}

struct Cohere : Family {
  static constexpr std::string_view kType = "cohere", kGguf = "command-r";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("cohere", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = read(c, 500000);
    if (c.flag_or("use_qk_norm", false)) s.attention.qk_norm = blocks::QkNorm::kEachHead;
    c.harmless({"model_max_length"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    c.set("logit_scale", m.number_or("logit_scale", 0.0625))
        .set("use_qk_norm", m.has_tensor("blk.0.attn_q_norm.weight"));
    c.set("attention_bias", m.has_qkv_bias());
  }
};

struct Cohere2 : Family {
  static constexpr std::string_view kType = "cohere2", kGguf = "cohere2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("cohere2", json);
    c.unread({"partial_rotary_factor", "use_qk_norm"});
    blocks::DecoderShape s = read(c, 10000);
    c.alias("sliding_window_pattern", "_sliding_window_pattern");
    const int64_t pattern = c.integer_or("sliding_window_pattern", 4),
                  window = blocks::read_window(c, "sliding_window", 4096);
    blocks::read_windows(c, s, window, [=](int64_t i) { return (i + 1) % pattern != 0; });
    for (blocks::LayerShape& l : s.layers) l.rope = l.window > 0 ? 0 : -1;
    c.only("use_qk_norm", false), c.only("use_parallel_block", true), c.only("use_gated_activation", true),
        c.only("use_parallel_embedding", false);
    c.harmless({"order_of_interleaved_layers", "rotary_pct", "position_embedding_type", "layer_switch",
        "use_embedding_sharing"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    c.set("logit_scale", m.number_or("logit_scale", 0.0625))
        .set("sliding_window", m.integer("attention.sliding_window"));
    gguf_window_layers(m, c, 4);
    c.set("attention_bias", m.has_qkv_bias());
  }
};

}  // namespace weft::cohere

WEFT_FAMILY("weft.cohere", weft::cohere::Cohere, weft::cohere::Cohere2)
