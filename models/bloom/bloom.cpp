// bloom: alibi, a norm after the embedding, q, k and v of each head in one tensor.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::bloom {

using namespace sdk;

struct Bloom : Family {
  static constexpr std::string_view kType = "bloom", kGguf = "bloom";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("bloom", json);
    c.unread({"head_dim", "hidden_act", "intermediate_size", "num_key_value_heads"});
    c.alias("hidden_size", "n_embed"), c.alias("num_attention_heads", "n_head"),
        c.alias("num_hidden_layers", "n_layer");
    c.alias("max_position_embeddings", "seq_length");
    const int64_t hidden = c.integer("hidden_size", 1, 1 << 20);
    blocks::DecoderShape s = blocks::read_decoder(c, {.inner = 4 * hidden,
                                                         .tied = true,
                                                         .eps_key = "layer_norm_epsilon",
                                                         .eps = 1e-5,
                                                         .activation = "gelu_new",
                                                         .no_rope = true,
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    s.attention.qkv_bias = s.attention.out_bias = s.mlp.bias = true;
    s.attention.slopes = blocks::alibi_slopes(s.attention.heads);
    s.mlp.gated = false;
    s.embedding_norm = true;
    s.residual.of_normed = c.flag_or("apply_residual_connection_post_layernorm", false);
    c.harmless({"slow_but_exact", "offset_alibi", "skip_bias_add", "skip_bias_add_qkv", "masked_softmax_fusion",
        "bias_dropout_fusion", "attention_softmax_in_fp32", "unk_token_id"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json& c) {
    const int64_t heads = c["n_head"].null() ? c["num_attention_heads"].integer() : c["n_head"].integer();
    return Names{
        .rules = {{"model.embed_tokens", "word_embeddings"}, {"model.embed_layernorm", "word_embeddings_layernorm"},
            {"model.layers", "h"}, {"model.norm", "ln_f"}, {"self_attn.o_proj", "self_attention.dense"},
            {"mlp.up_proj", "mlp.dense_h_to_4h"}, {"mlp.down_proj", "mlp.dense_4h_to_h"}},
        .roots = {{"", "transformer."}}}
        .with(grouped_qkv("self_attention.query_key_value", heads, 1));
  }
  static Names gguf(const Json& c) {
    return {.rules = fused_qkv("attn_qkv", c["hidden_size"].integer(), c["hidden_size"].integer())};
  }
};

}  // namespace weft::bloom

WEFT_FAMILY("weft.bloom", weft::bloom::Bloom)
