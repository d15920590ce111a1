// gpt_neox (GPT-NeoX, Pythia): q, k and v of each head in one tensor, parallel residual.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::gpt_neox {

using namespace sdk;

struct GptNeox : Family {
  static constexpr std::string_view kType = "gpt_neox", kGguf = "gptneox";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("gpt_neox", json);
    c.unread({"num_key_value_heads"});
    blocks::DecoderShape s = blocks::read_decoder(
        c, {.eps_key = "layer_norm_eps",
               .eps = 1e-5,
               .activation = "gelu",
               .rope = {.partial = 0.25, .theta_key = "rotary_emb_base", .partial_key = "rotary_pct"},
               .norm = blocks::Norm::kLayer,
               .norm_bias = true});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", true);
    s.mlp.gated = false, s.mlp.bias = true;
    s.residual.parallel = c.flag_or("use_parallel_residual", true);
    c.harmless({"rope_theta", "is_decoder"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json& c) {
    return Names{.rules = {{"model.embed_tokens", "gpt_neox.embed_in"}, {"lm_head", "embed_out"},
                     {"model.norm", "gpt_neox.final_layer_norm"}, {"model.layers", "gpt_neox.layers"},
                     {"self_attn.o_proj", "attention.dense"}, {"mlp.up_proj", "mlp.dense_h_to_4h"},
                     {"mlp.down_proj", "mlp.dense_4h_to_h"}},
        .base = "gpt_neox.",
        .ignored = {{".attention.bias", "the causal mask"}, {".attention.masked_bias", "the causal mask"}}}
        .with(grouped_qkv("attention.query_key_value", c["num_attention_heads"].integer(), 1));
  }
  static Names gguf(const Json& c) {
    return {.rules = fused_qkv("attn_qkv", c["hidden_size"].integer(), c["hidden_size"].integer())};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    const Json parallel = m.get("use_parallel_residual");
    c.set("use_parallel_residual", parallel.null() || parallel.integer() != 0)
        .set("rotary_emb_base", m.number_or("rope.freq_base", 10000));
    c.set("rotary_pct", static_cast<double>(m.integer("rope.dimension_count")) *
                            static_cast<double>(m.integer("attention.head_count")) /
                            static_cast<double>(m.integer("embedding_length")));
  }
};

}  // namespace weft::gpt_neox

WEFT_FAMILY("weft.gpt_neox", weft::gpt_neox::GptNeox)
