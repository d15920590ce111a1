// falcon: the 7B (one K and V for all heads), 40B and 180B (groups of heads, two norms), 11B (one norm), and
// the RW models (alibi, branches one after the other).
#include <cstring>

#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::falcon {

using namespace sdk;

/// How query_key_value is laid out: `groups` groups, each of `queries` heads of q, then one of k and one of v.
struct Layout {
  int64_t groups, queries;
};
Layout layout(const Json& c, int64_t heads, int64_t kv_heads) {
  if (c["new_decoder_architecture"].integer() != 0) return {kv_heads, heads / std::max<int64_t>(kv_heads, 1)};
  const bool shared = c["multi_query"].null() || c["multi_query"].integer() != 0;
  return shared ? Layout{1, heads} : Layout{heads, 1};
}

struct Falcon : Family {
  static constexpr std::string_view kType = "falcon", kGguf = "falcon";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("falcon", json);
    c.unread({"apply_residual_connection_post_layernorm", "head_dim", "intermediate_size", "num_key_value_heads",
        "partial_rotary_factor"});
    c.alias("num_hidden_layers", "n_layer"), c.alias("num_attention_heads", "n_head"),
        c.alias("intermediate_size", "ffn_hidden_size");
    c.alias("num_key_value_heads", "num_kv_heads"), c.alias("num_key_value_heads", "n_head_kv");
    const int64_t hidden = c.integer("hidden_size", 1, 1 << 20), heads = c.integer("num_attention_heads", 1, 1 << 16);
    const bool grouped = c.flag_or("new_decoder_architecture", false), parallel = c.flag_or("parallel_attn", true),
               alibi = c.flag_or("alibi", false);
    const bool shared = c.flag_or("multi_query", true);
    blocks::DecoderShape s = blocks::read_decoder(c, {.inner = 4 * hidden,
                                                         .tied = true,
                                                         .eps_key = "layer_norm_epsilon",
                                                         .eps = 1e-5,
                                                         .activation_key = "activation",
                                                         .activation = "gelu",
                                                         .no_rope = alibi,
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    blocks::AttentionShape& a = s.attention;
    if (!grouped) a.kv_heads = shared ? 1 : heads;
    a.qkv_bias = a.out_bias = s.mlp.bias = c.flag_or("bias", false);
    if (alibi) {  // it is added before scores are scaled, and slopes are kept in bfloat16
      for (float slope : blocks::alibi_slopes(heads))
        a.slopes.push_back(as_bfloat16(slope) * static_cast<float>(a.rule.scale));
    }
    s.mlp.gated = false;
    const int64_t norms = c.integer_or("num_ln_in_parallel_attn", grouped ? 2 : 1, 1, 2);
    if (grouped && !parallel)
      refuse(c.at("parallel_attn") + " is false, which is not implemented with new_decoder_architecture");
    if (norms == 2 && !grouped)
      refuse(c.at("num_ln_in_parallel_attn") + " is 2, which is not implemented without new_decoder_architecture");
    s.residual.parallel = parallel;
    if (parallel && norms == 1) s.residual.before_mlp = s.residual.before_attention;
    c.only("apply_residual_connection_post_layernorm", false);
    c.harmless({"rope_theta", "rope_scaling", "rope_parameters", "rotary"});  // these have no effect beside alibi
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& c) {
    const int64_t heads = first_of(c, {"num_attention_heads", "n_head"}, 0),
                  kv = first_of(c, {"num_kv_heads", "n_head_kv"}, heads);
    const auto [groups, queries] = layout(c, heads, kv);
    return Names{.rules = {{"model.embed_tokens", "transformer.word_embeddings"}, {"model.layers", "transformer.h"},
                     {"model.norm", "transformer.ln_f"}, {"input_layernorm", "ln_attn", as_stored},
                     {"post_attention_layernorm", "ln_mlp", as_stored}, {"self_attn.o_proj", "self_attention.dense"},
                     {"mlp.up_proj", "mlp.dense_h_to_4h"}, {"mlp.down_proj", "mlp.dense_4h_to_h"}},
        .base = "transformer."}
        .with(grouped_qkv("self_attention.query_key_value", groups, queries));
  }
  static Names gguf(const Json& c) {
    const int64_t hidden = c["hidden_size"].integer(), heads = c["num_attention_heads"].integer(),
                  kv = c["num_key_value_heads"].integer();
    const int64_t dim = heads > 0 ? hidden / heads : 0;
    return Names{.rules = {{"input_layernorm", "attn_norm_2", as_stored}, {"post_attention_layernorm", "attn_norm"}}}
        .with(fused_qkv("attn_qkv", heads * dim, kv * dim));
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    const bool two = m.has_tensor("blk.0.attn_norm_2.weight");
    c.set("new_decoder_architecture", true)
        .set("num_ln_in_parallel_attn", two ? 2 : 1)
        .set("bias", m.has_tensor("blk.0.attn_qkv.bias"));
    m.get("tensor_data_layout");
  }

 private:
  static float as_bfloat16(float v) {
    uint32_t bits = 0;
    std::memcpy(&bits, &v, sizeof bits);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
    std::memcpy(&v, &bits, sizeof bits);
    return v;
  }
  static int64_t first_of(const Json& c, std::initializer_list<std::string_view> keys, int64_t fallback) {
    for (std::string_view key : keys) {
      if (c[key].is_integer()) return c[key].integer();
    }
    return fallback;
  }
};

}  // namespace weft::falcon

WEFT_FAMILY("weft.falcon", weft::falcon::Falcon)
