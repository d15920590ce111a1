// distilbert: bert without token types and pooler, with keys and names of its own.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::distilbert {

using namespace sdk;

struct DistilBert : Family {
  static constexpr std::string_view kType = "distilbert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("distilbert", json);
    c.unread({"head_dim", "intermediate_size", "num_key_value_heads", "layer_norm_eps"});
    c.alias("hidden_size", "dim"), c.alias("num_attention_heads", "n_heads"), c.alias("num_hidden_layers", "n_layers");
    c.alias("intermediate_size", "hidden_dim");
    auto d = blocks::kBertDefaults;
    d.layers = 6, d.activation_key = "activation";
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    blocks::add_encoder_heads(c, s, {.dense = "pre_classifier",
                                        .labels = "classifier",
                                        .activation = blocks::Activation::kRelu,
                                        .masked = "vocab"});
    // Tables of sines are stored like others.
    c.harmless({"attention_dropout", "dropout", "qa_dropout", "seq_classif_dropout", "sinusoidal_pos_embds",
        "tie_weights_"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "distilbert.",
        {"vocab_transform.", "vocab_layer_norm.", "vocab_projector.", "pre_classifier.", "classifier.", "qa_outputs."},
        "vocab.decoder.weight");
    n.rules = {{"model.embed_tokens", "embeddings.word_embeddings"},
        {"model.embed_positions", "embeddings.position_embeddings"}, {"model.embed_layernorm", "embeddings.LayerNorm"},
        {"model.layers", "transformer.layer"}, {"self_attn.q_proj", "attention.q_lin"},
        {"self_attn.k_proj", "attention.k_lin"}, {"self_attn.v_proj", "attention.v_lin"},
        {"self_attn.o_proj", "attention.out_lin"}, {"mlp.up_proj", "ffn.lin1"}, {"mlp.down_proj", "ffn.lin2"},
        {"post_attention_layernorm", "sa_layer_norm"}, {"post_feedforward_layernorm", "output_layer_norm"},
        {"vocab.transform.dense", "vocab_transform"}, {"vocab.transform.LayerNorm", "vocab_layer_norm"},
        {"vocab.decoder", "vocab_projector"}, {"vocab.bias", "vocab_projector.bias"}};
    return n;
  }
};

}  // namespace weft::distilbert

WEFT_FAMILY("weft.distilbert", weft::distilbert::DistilBert)
