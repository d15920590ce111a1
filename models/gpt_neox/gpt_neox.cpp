// gpt_neox (GPT-NeoX, Pythia): q, k and v of each head in one tensor, parallel residual.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::gpt_neox {

using namespace sdk;

struct GptNeox : Family {
  static constexpr std::string_view kType = "gpt_neox", kGguf = "gptneox";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("gpt_neox", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.eps_key = "layer_norm_eps", .eps = 1e-5, .activation = "gelu",
                                                      .rope = {.partial = 0.25, .theta_key = "rotary_emb_base", .partial_key = "rotary_pct"},
                                                      .norm = blocks::Norm::kLayer, .norm_bias = true});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", true);
    s.mlp.gated = false, s.mlp.bias = true;
    s.residual.parallel = c.flag_or("use_parallel_residual", true);
    c.harmless({"rope_theta"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json& c) {
    const int64_t heads = c["num_attention_heads"].integer();
    return {.rules = {{"model.embed_tokens", "gpt_neox.embed_in"}, {"lm_head", "embed_out"}, {"model.norm", "gpt_neox.final_layer_norm"},
                      {"model.layers", "gpt_neox.layers"}, {"self_attn.o_proj", "attention.dense"}, {"mlp.up_proj", "mlp.dense_h_to_4h"},
                      {"mlp.down_proj", "mlp.dense_4h_to_h"}, {"self_attn.q_proj", "attention.query_key_value", heads_of_groups(heads, 3, 0, 1)},
                      {"self_attn.k_proj", "attention.query_key_value", heads_of_groups(heads, 3, 1, 1)},
                      {"self_attn.v_proj", "attention.query_key_value", heads_of_groups(heads, 3, 2, 1)}},
            .ignored = {{".attention.bias", "the causal mask"}, {".attention.masked_bias", "the causal mask"}}};
  }
  static Names gguf(const Json& c) {
    const int64_t hidden = c["hidden_size"].integer();
    return {.rules = {{"model.layers", "blk"}, {"self_attn.q_proj", "attn_qkv", rows(0, hidden)},
                      {"self_attn.k_proj", "attn_qkv", rows(hidden, hidden)}, {"self_attn.v_proj", "attn_qkv", rows(2 * hidden, hidden)}}};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    const Json parallel = m.get("use_parallel_residual");
    c.set("use_parallel_residual", parallel.null() || parallel.integer() != 0).set("rotary_emb_base", m.number_or("rope.freq_base", 10000));
    c.set("rotary_pct", static_cast<double>(m.integer("rope.dimension_count")) * static_cast<double>(m.integer("attention.head_count")) /
                            static_cast<double>(m.integer("embedding_length")));
  }
};

}  // namespace weft::gpt_neox

WEFT_FAMILY("weft.gpt_neox", weft::gpt_neox::GptNeox)
