// glm4: norms on both sides of each branch, interleaved rope on half of each head.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::glm4 {

using namespace sdk;

struct Glm4 : Family {
  static constexpr std::string_view kType = "glm4", kGguf = "glm4";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("glm4", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 131072,
                                                         .kv_heads = 2,
                                                         .head_dim = 128,
                                                         .eps = 1.5625e-7,
                                                         .rope = {.partial = 0.5, .interleaved = true}});
    s.attention.qkv_bias = c.flag_or("attention_bias", true);
    s.residual.after_attention = "post_self_attn_layernorm", s.residual.after_mlp = "post_mlp_layernorm";
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json& c) {
    return {.rules = fused_gate_up("mlp.gate_up_proj", c["intermediate_size"].integer())};
  }
  static Names gguf(const Json& c) {
    return Names{.rules = {{"post_self_attn_layernorm", "post_attention_norm"},
                     {"post_attention_layernorm", "ffn_norm"}, {"post_mlp_layernorm", "post_ffw_norm"}}}
        .with(fused_gate_up("ffn_up", c["intermediate_size"].integer()));
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    c.set("attention_bias", m.has_qkv_bias());
  }
};

}  // namespace weft::glm4

WEFT_FAMILY("weft.glm4", weft::glm4::Glm4)
