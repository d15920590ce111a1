// glm4: norms on both sides of each branch, interleaved rope on half of each head.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::glm4 {

using namespace sdk;

struct Glm4 : Family {
  static constexpr std::string_view kType = "glm4", kGguf = "glm4";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("glm4", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 131072, .kv_heads = 2, .head_dim = 128, .eps = 1.5625e-7,
                                                      .rope = {.partial = 0.5, .interleaved = true}});
    s.attention.qkv_bias = c.flag_or("attention_bias", true);
    s.residual.after_attention = "post_self_attn_layernorm", s.residual.after_mlp = "post_mlp_layernorm";
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static std::vector<Rename> fused(const Json& c, std::string_view stored) {
    const int64_t inner = c["intermediate_size"].integer();
    return {{"mlp.gate_proj", stored, rows(0, inner)}, {"mlp.up_proj", stored, rows(inner, inner)}};
  }
  static Names hf(const Json& c) { return {.rules = fused(c, "mlp.gate_up_proj")}; }
  static Names gguf(const Json& c) {
    Names n{.rules = {{"model.layers", "blk"}, {"post_self_attn_layernorm", "post_attention_norm"}, {"post_attention_layernorm", "ffn_norm"},
                      {"post_mlp_layernorm", "post_ffw_norm"}}};
    for (Rename& r : fused(c, "ffn_up")) n.rules.push_back(r);
    return n;
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) { c.set("attention_bias", m.has_tensor("blk.0.attn_q.bias")); }
};

}  // namespace weft::glm4

WEFT_FAMILY("weft.glm4", weft::glm4::Glm4)
