// stablelm (3B 4E1T, 2 1.6B, 2 12B): layer norms, rope on part of each head, norms of each head of q and k.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::stablelm {

using namespace sdk;

struct StableLm : Family {
  static constexpr std::string_view kType = "stablelm", kGguf = "stablelm";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("stablelm", json);
    c.alias("layer_norm_eps", "norm_eps"), c.alias("partial_rotary_factor", "rope_pct");
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 4096,
                                                         .kv_heads = 32,
                                                         .eps_key = "layer_norm_eps",
                                                         .eps = 1e-5,
                                                         .rope = {.partial = 0.25},
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    s.attention.qkv_bias = c.flag_or("use_qkv_bias", false);
    if (c.flag_or("qk_layernorm", false)) s.attention.qk_norm = blocks::QkNorm::kEachHead;
    s.residual.parallel = c.flag_or("use_parallel_residual", false);
    if (s.residual.parallel) s.residual.before_mlp = s.residual.before_attention;
    c.harmless({"rotary_scaling_factor"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return {.rules = {{"self_attn.q_norm", "self_attn.q_layernorm.norms.*", as_stored},
                {"self_attn.k_norm", "self_attn.k_layernorm.norms.*", as_stored}}};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    const Json parallel = m.get("use_parallel_residual");
    c.set("use_parallel_residual", parallel.integer() != 0 && !m.has_tensor("blk.0.ffn_norm.weight"));
    c.set("use_qkv_bias", m.has_qkv_bias())
        .set("qk_layernorm", m.has_tensor("blk.0.attn_q_norm.weight"));
  }
};

}  // namespace weft::stablelm

WEFT_FAMILY("weft.stablelm", weft::stablelm::StableLm)
