// nomic_bert: bert with rope, gated MLPs and no biases.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::nomic_bert {

using namespace sdk;

struct NomicBert : Family {
  static constexpr std::string_view kType = "nomic_bert", kGguf = "nomic-bert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("nomic_bert", json);
    read_first_keys(c);
    auto d = blocks::kBertDefaults;
    d.vocab = 30528, d.context = 2048, d.no_rope = false, d.rope = {.theta = 1000};
    d.activation = "silu";
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    s.attention.qkv_bias = s.attention.out_bias = s.mlp.bias = false;
    s.mlp.gated = true;
    s.learned_positions = false;
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    blocks::add_encoder_heads(c, s, {.dense = "pooler.dense", .labels = "classifier", .spans = ""});
    c.harmless({"bos_token_id", "eos_token_id", "pad_token_id"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "nomic_bert.", {"cls.", "classifier.", "nomic_bert.pooler."});
    n.rules = {{"model.embed_tokens", "embeddings.word_embeddings"},
        {"model.token_types", "embeddings.token_type_embeddings"}, {"model.embed_layernorm", "emb_ln"},
        {"model.layers", "encoder.layers"}, {"self_attn.o_proj", "attn.out_proj"}, {"mlp.up_proj", "mlp.fc11"},
        {"mlp.gate_proj", "mlp.fc12"}, {"mlp.down_proj", "mlp.fc2"}, {"post_attention_layernorm", "norm1"},
        {"post_feedforward_layernorm", "norm2"},
        {"cls.predictions.transform.LayerNorm", "cls.predictions.transform.layer_norm"}};
    n.roots.emplace_back("", "bert.");
    const int64_t hidden = integer_in(config, "hidden_size", integer_in(config, "n_embd", 768));
    return std::move(n).with(fused_qkv("attn.Wqkv", hidden, hidden));
  }

  static Names gguf(const Json&) { return blocks::gguf_encoder_names(); }
  static void gguf_config(GgufMetadata& m, JsonObject& c) { blocks::gguf_encoder_config(m, c); }

 private:
  /// The keys that the first published models have, of which those that ask for something else are refused.
  static void read_first_keys(Config& c) {
    c.alias("hidden_size", "n_embd"), c.alias("num_attention_heads", "n_head"), c.alias("num_hidden_layers", "n_layer");
    c.alias("intermediate_size", "n_inner"), c.alias("max_position_embeddings", "n_positions");
    c.alias("layer_norm_eps", "layer_norm_epsilon"), c.alias("rope_theta", "rotary_emb_base");
    const std::string activation = c.text_or("activation_function", "swiglu");
    if (activation != "swiglu")
      refuse(c.at("activation_function") + " is \"" + activation + "\", only swiglu is implemented");
    for (const char* key : {"qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias", "prenorm", "parallel_block",
             "rotary_emb_interleaved", "causal", "use_rms_norm"})
      c.only(key, false);
    c.only_number("rotary_emb_fraction", 1), c.only_number("num_experts", 0);
    c.harmless({"attn_pdrop", "embd_pdrop", "dense_seq_output", "fused_bias_fc", "fused_dropout_add_ln",
        "last_layer_subset",
        "max_trained_positions", "mlp_checkpoint_lvl", "pad_vocab_size_multiple", "parallel_block_tied_norm",
        "resid_pdrop", "rotary_emb_scale_base", "rotary_scaling_factor", "scale_attn_by_inverse_layer_idx",
        "scale_attn_weights", "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
        "summary_use_proj", "use_flash_attn", "use_xentropy"});
  }
};

}  // namespace weft::nomic_bert

WEFT_FAMILY("weft.nomic_bert", weft::nomic_bert::NomicBert)
