// gptj: attention and MLP side by side, interleaved rope on part of each head.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::gptj {

using namespace sdk;

struct GptJ : Family {
  static constexpr std::string_view kType = "gptj", kGguf = "gptj";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("gptj", json);
    c.unread({"head_dim", "intermediate_size", "num_key_value_heads", "rope_parameters", "rope_scaling", "rope_theta"});
    c.alias("hidden_size", "n_embd"), c.alias("num_attention_heads", "n_head"),
        c.alias("num_hidden_layers", "n_layer");
    c.alias("max_position_embeddings", "n_positions"), c.alias("intermediate_size", "n_inner");
    const int64_t hidden = c.integer("hidden_size", 1, 1 << 20), rotated = c.integer_or("rotary_dim", 64);
    blocks::DecoderShape s = blocks::read_decoder(c, {.inner = 4 * hidden,
                                                         .eps_key = "layer_norm_epsilon",
                                                         .eps = 1e-5,
                                                         .activation_key = "activation_function",
                                                         .activation = "gelu_new",
                                                         .rope = {.interleaved = true, .rotated = rotated},
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    s.mlp.gated = false, s.mlp.bias = s.head_bias = true;
    s.residual.parallel = true, s.residual.before_mlp = s.residual.before_attention;
    c.harmless({"rotary", "scale_attn_weights", "summary_activation", "summary_first_dropout",
        "summary_proj_to_labels", "summary_type", "summary_use_proj"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return {
        .rules = {{"model.embed_tokens", "transformer.wte"}, {"model.layers", "transformer.h"},
            {"model.norm", "transformer.ln_f"}, {"input_layernorm", "ln_1"}, {"self_attn.o_proj", "attn.out_proj"},
            {"self_attn", "attn"}, {"mlp.up_proj", "mlp.fc_in"}, {"mlp.down_proj", "mlp.fc_out"}},
        .base = "transformer.",
        .ignored = {{".attn.bias", "the causal mask"}, {".attn.masked_bias", "the causal mask"}}};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    const int64_t head_dim = m.integer("embedding_length") / m.integer("attention.head_count");
    c.set("rotary_dim", m.integer_or("rope.dimension_count", head_dim));
  }
};

}  // namespace weft::gptj

WEFT_FAMILY("weft.gptj", weft::gptj::GptJ)
