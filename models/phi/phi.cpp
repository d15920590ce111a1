// phi (1, 1.5, 2): attention and MLP side by side, part of each head rotated; phi3 (3, 3.5, 4 mini): fused
// projections and longrope.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::phi {

using namespace sdk;

struct Phi : Family {
  static constexpr std::string_view kType = "phi", kGguf = "phi2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("phi", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.eps_key = "layer_norm_eps",
                                                         .eps = 1e-5,
                                                         .activation = "gelu_new",
                                                         .rope = {.partial = 0.5},
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    s.attention.qkv_bias = s.attention.out_bias = s.mlp.bias = s.head_bias = true;
    if (c.flag_or("qk_layernorm", false)) s.attention.qk_norm = blocks::QkNorm::kHead;
    s.mlp.gated = false;
    s.residual.parallel = true, s.residual.before_mlp = s.residual.before_attention;
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return {.rules = {{"self_attn.o_proj", "self_attn.dense"}, {"self_attn.q_norm", "self_attn.q_layernorm"},
                {"self_attn.k_norm", "self_attn.k_layernorm"}, {"mlp.up_proj", "mlp.fc1"},
                {"mlp.down_proj", "mlp.fc2"}, {"model.norm", "model.final_layernorm"}}};
  }
  static void gguf_config(GgufMetadata&, JsonObject& c) { c.set("qk_layernorm", false); }
};

struct Phi3 : Family {
  static constexpr std::string_view kType = "phi3", kGguf = "phi3";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("phi3", json);
    c.unread({"attention_bias", "mlp_bias"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 4096, .eps = 1e-5});
    const int64_t window = blocks::read_window(c, "sliding_window", 0);
    blocks::read_windows(c, s, window, [](int64_t) { return true; });
    for (std::string_view key : {"attention_bias", "mlp_bias", "lm_head_bias"}) c.only(key, false);
    c.harmless({"original_max_position_embeddings", "full_attn_mod", "interpolate_factor"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json& c) {
    return Names{.rules = fused_qkv_of("self_attn.qkv_proj", c)}.with(
        fused_gate_up("mlp.gate_up_proj", c["intermediate_size"].integer()));
  }
  static Names gguf(const Json& c) {
    return {.rules = fused_gate_up("ffn_up", c["intermediate_size"].integer())};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    c.set("sliding_window", m.integer_or("attention.sliding_window", 0));
  }
};

}  // namespace weft::phi

WEFT_FAMILY("weft.phi", weft::phi::Phi, weft::phi::Phi3)
