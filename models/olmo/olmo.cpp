// olmo2: norms after each branch; q and k are normed over all heads at once. olmoe: q and k as in olmo2, and experts.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::olmo {

using namespace sdk;

struct Olmo2 : Family {
  static constexpr std::string_view kType = "olmo2", kGguf = "olmo2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("olmo2", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.eps = 1e-5});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.attention.qk_norm = blocks::QkNorm::kRow;
    s.residual = {.before_attention = "",
        .after_attention = "post_attention_layernorm",
        .before_mlp = "",
        .after_mlp = "post_feedforward_layernorm"};
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  // Files with windows are olmo3's.
  static void gguf_config(GgufMetadata& m, JsonObject&) { m.only("attention.sliding_window", 0); }
};

struct Olmoe : Family {
  static constexpr std::string_view kType = "olmoe", kGguf = "olmoe";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("olmoe", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 4096, .eps = 1e-5});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.attention.qk_norm = blocks::QkNorm::kRow;
    s.attention.clip = c.number_or("clip_qkv", 0);
    c.alias("num_experts", "num_local_experts");
    blocks::read_experts(
        c, s, {.experts_key = "num_experts", .experts = 64, .chosen = 8, .inner_key = "intermediate_size"});
    s.moe.renormalise = c.flag_or("norm_topk_prob", false);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return {.rules = expert_names()}; }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    gguf_experts(m, c);
    c.set("intermediate_size", m.integer_or("expert_feed_forward_length", m.integer_or("feed_forward_length", 0)));
    if (const double clip = m.number_or("attention.clamp_kqv", 0); clip > 0) c.set("clip_qkv", clip);
  }
};

}  // namespace weft::olmo

WEFT_FAMILY("weft.olmo", weft::olmo::Olmo2, weft::olmo::Olmoe)
