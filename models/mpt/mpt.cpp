// mpt: alibi, no biases; q, k and v are one tensor, and their values may be clipped.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::mpt {

using namespace sdk;

struct Mpt : Family {
  static constexpr std::string_view kType = "mpt", kGguf = "mpt";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("mpt", json);
    c.unread({"head_dim", "hidden_act", "intermediate_size", "layer_norm_eps", "num_key_value_heads"});
    c.alias("hidden_size", "d_model"), c.alias("num_attention_heads", "n_heads"),
        c.alias("num_hidden_layers", "n_layers");
    c.alias("max_position_embeddings", "max_seq_len");
    const int64_t hidden = c.integer("hidden_size", 1, 1 << 20), inner = 4 * hidden;
    blocks::DecoderShape s = blocks::read_decoder(c, {.inner = inner,
                                                         .tied = true,
                                                         .eps_key = "layer_norm_epsilon",
                                                         .eps = 1e-5,
                                                         .activation = "gelu",
                                                         .no_rope = true,
                                                         .norm = blocks::Norm::kLayer});
    s.mlp.gated = false;
    read_attention(c.get("attn_config"), s);
    c.only("no_bias", true);
    if (c.integer_or("expansion_ratio", 4) != 4)
      refuse(c.at("expansion_ratio") + " is not 4, which is not implemented");
    if (!c.get("logit_scale").null()) refuse(c.at("logit_scale") + " is set, which is not implemented");
    c.harmless({"emb_pdrop", "embedding_fraction", "init_config", "init_device", "learned_pos_emb", "norm_type",
        "verbose", "tokenizer_name", "fc_type", "ffn_config"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json& c) {
    const int64_t hidden = c["d_model"].null() ? c["hidden_size"].integer() : c["d_model"].integer();
    return Names{.rules = {{"model.embed_tokens", "transformer.wte"}, {"model.layers", "transformer.blocks"},
                     {"model.norm", "transformer.norm_f"}, {"input_layernorm", "norm_1"},
                     {"post_attention_layernorm", "norm_2"}, {"self_attn.o_proj", "attn.out_proj"},
                     {"mlp.up_proj", "ffn.up_proj"}, {"mlp.down_proj", "ffn.down_proj"}},
        .base = "transformer."}
        .with(fused_qkv("attn.Wqkv", hidden, hidden));
  }
  static Names gguf(const Json& c) {
    return {.rules = fused_qkv("attn_qkv", c["hidden_size"].integer(), c["hidden_size"].integer())};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    JsonObject a;
    const double clip = m.number_or("attention.clamp_kqv", 0), most = m.number_or("attention.max_alibi_bias", 8);
    if (clip > 0) a.set("clip_qkv", clip);
    a.set("alibi", most > 0);
    if (most > 0) a.set("alibi_bias_max", most);
    c.raw("attn_config", a.text());
  }

 private:
  static void read_attention(const Json& json, blocks::DecoderShape& s) {
    blocks::AttentionShape& a = s.attention;
    if (json.null()) {
      a.slopes = blocks::alibi_slopes(a.heads);
      return;
    }
    Config c("mpt attn_config", json);
    a.rule.scale = c.number_or("softmax_scale", a.rule.scale);
    a.clip = c.number_or("clip_qkv", 0);
    if (c.text_or("attn_type", "multihead_attention") != "multihead_attention")
      refuse(c.at("attn_type") + " is not multihead_attention");
    if (!c.flag_or("alibi", true)) refuse(c.at("alibi") + " is false: learned positions are not implemented");
    if (c.number_or("alibi_bias_max", 8) != 8)
      refuse(c.at("alibi_bias_max") + " is not 8, which transformers takes whatever it says");
    a.slopes = blocks::alibi_slopes(a.heads);
    c.only("qk_ln", false), c.only("prefix_lm", false);
    c.harmless({"attn_impl", "attn_uses_sequence_id", "attn_pdrop", "model_type"});
    c.harmless(kCommonHarmlessKeys);
    c.finish();
  }
};

}  // namespace weft::mpt

WEFT_FAMILY("weft.mpt", weft::mpt::Mpt)
