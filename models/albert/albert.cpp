// albert: narrow embeddings, and layers that share their parameters.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::albert {

using namespace sdk;

struct Albert : Family {
  static constexpr std::string_view kType = "albert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("albert", json);
    auto d = blocks::kBertDefaults;
    d.vocab = 30000, d.hidden = 4096, d.heads = 64, d.inner = 16384, d.activation = "gelu_new";
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    s.embedding = c.integer_or("embedding_size", 128, 1, 1 << 20), s.project_last = true;
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    const auto layers = static_cast<int64_t>(s.layers.size());
    const int64_t groups = c.integer_or("num_hidden_groups", 1, 1, layers);
    if (layers % groups != 0)
      refuse(c.at("num_hidden_groups") + " is " + std::to_string(groups) + ", no divisor of num_hidden_layers " +
             std::to_string(layers));
    for (int64_t i = 0; i < layers; ++i) s.layers[static_cast<std::size_t>(i)].parameters_of = i / (layers / groups);
    c.only_number("inner_group_num", 1);
    blocks::add_encoder_heads(c, s, {.dense = "pooler", .labels = "classifier", .masked = "predictions"});
    c.harmless({"classifier_dropout_prob", "down_scale_factor", "gap_size", "layers_to_keep", "net_structure_type",
        "num_memory_blocks"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "albert.", {"predictions.", "sop_classifier.", "classifier.", "qa_outputs.",
                                                           "albert.pooler."},
        "predictions.decoder.weight");
    n.rules = {{"model.embed_tokens", "embeddings.word_embeddings"},
        {"model.embed_positions", "embeddings.position_embeddings"},
        {"model.token_types", "embeddings.token_type_embeddings"}, {"model.embed_layernorm", "embeddings.LayerNorm"},
        {"model.project_in", "encoder.embedding_hidden_mapping_in"},
        {"self_attn.q_proj", "albert_layers.0.attention.query"}, {"self_attn.k_proj", "albert_layers.0.attention.key"},
        {"self_attn.v_proj", "albert_layers.0.attention.value"},
        {"self_attn.o_proj", "albert_layers.0.attention.dense"},
        {"mlp.up_proj", "albert_layers.0.ffn"}, {"mlp.down_proj", "albert_layers.0.ffn_output"},
        {"post_attention_layernorm", "albert_layers.0.attention.LayerNorm"},
        {"post_feedforward_layernorm", "albert_layers.0.full_layer_layer_norm"},
        {"model.layers", "encoder.albert_layer_groups"}, {"predictions.transform.dense", "predictions.dense"},
        {"predictions.transform.LayerNorm", "predictions.LayerNorm"}};
    return n;
  }
};

}  // namespace weft::albert

WEFT_FAMILY("weft.albert", weft::albert::Albert)
