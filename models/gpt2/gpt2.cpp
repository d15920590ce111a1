// gpt2: learned positions; weights of Conv1D, which are transposed.
#include "weft/blocks/heads.hpp"
#include "weft/sdk/family.hpp"

namespace weft::gpt2 {

using namespace sdk;

struct Gpt2 : Family {
  static constexpr std::string_view kType = "gpt2", kGguf = "gpt2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("gpt2", json);
    c.unread({"head_dim", "intermediate_size", "num_key_value_heads"});
    c.alias("hidden_size", "n_embd"), c.alias("num_attention_heads", "n_head"),
        c.alias("num_hidden_layers", "n_layer");
    c.alias("max_position_embeddings", "n_positions"), c.alias("intermediate_size", "n_inner");
    const int64_t hidden = c.integer("hidden_size", 1, 1 << 20);
    blocks::DecoderShape s = blocks::read_decoder(c, {.inner = 4 * hidden,
                                                         .context = 1024,
                                                         .tied = true,
                                                         .eps_key = "layer_norm_epsilon",
                                                         .eps = 1e-5,
                                                         .activation_key = "activation_function",
                                                         .activation = "gelu_new",
                                                         .no_rope = true,
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    s.attention.qkv_bias = s.attention.out_bias = s.mlp.bias = true;
    s.mlp.gated = false;
    s.learned_positions = true;
    if (!c.flag_or("scale_attn_weights", true)) s.attention.rule.scale = 1;
    if (c.flag_or("scale_attn_by_inverse_layer_idx", false)) {
      for (std::size_t i = 0; i < s.layers.size(); ++i) s.layers[i].score_scale = 1.0 / static_cast<double>(i + 1);
    }
    c.only("add_cross_attention", false);
    c.harmless({"n_ctx", "reorder_and_upcast_attn", "summary_activation", "summary_first_dropout",
        "summary_proj_to_labels", "summary_type", "summary_use_proj"});
    blocks::add_decoder_heads(c, s, "classifier");
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& c) {
    const int64_t hidden = c["n_embd"].null() ? c["hidden_size"].integer() : c["n_embd"].integer();
    return Names{.rules = {{"model.embed_tokens", "wte"}, {"model.embed_positions", "wpe"}, {"model.layers", "h"},
                     {"model.norm", "ln_f"}, {"input_layernorm", "ln_1"}, {"post_attention_layernorm", "ln_2"},
                     {"self_attn.o_proj", "attn.c_proj", transposed}, {"mlp.up_proj", "mlp.c_fc", transposed},
                     {"mlp.down_proj", "mlp.c_proj", transposed}},
        .roots = {{"", "transformer."}},
        .ignored = {{".attn.bias", "the causal mask"}, {".attn.masked_bias", "the causal mask"}}}
        .with(fused_qkv("attn.c_attn", hidden, hidden, transposed));
  }
  static Names gguf(const Json& c) {
    return {.rules = fused_qkv("attn_qkv", c["hidden_size"].integer(), c["hidden_size"].integer())};
  }
};

}  // namespace weft::gpt2

WEFT_FAMILY("weft.gpt2", weft::gpt2::Gpt2)
