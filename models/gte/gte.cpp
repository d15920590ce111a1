// gte, jina_embeddings_v3: bert with rope, of which gte's MLPs are gated.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::gte {

using namespace sdk;
using blocks::Scope, blocks::Step, blocks::Tensor;

/// The names that both types share, and what the heads' names begin with.
Names shared_names(const Json& config, std::string_view root) {
  Names n = blocks::encoder_names(config, root, {"lm_head.", "classifier.", "qa_outputs."}, "lm_head.decoder.weight");
  n.rules = {{"model.embed_tokens", "embeddings.word_embeddings"},
      {"model.token_types", "embeddings.token_type_embeddings"},
      {"lm_head.transform.dense", "lm_head.dense"}};
  n.ignored.emplace_back("embeddings.token_type_ids", "0, 0, 0 and so on");
  return n;
}

struct Gte : Family {
  static constexpr std::string_view kType = "gte";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("gte", json);
    auto d = blocks::kBertDefaults;
    d.vocab = 250048, d.context = 8192, d.no_rope = false, d.rope = {.theta = 160000};
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    s.learned_positions = false;
    s.token_types = c.integer_or("type_vocab_size", 1, 0, 1 << 20);
    s.feed_forward = [hidden = s.hidden, inner = s.mlp.inner, activation = s.mlp.activation](
                         const Step&, const Scope& layer, std::size_t, Tensor x) {
      const Scope mlp = layer / "mlp";
      const Tensor gate = blocks::linear(mlp / "gate_proj", x, hidden, inner, false, activation);
      const Tensor up = blocks::linear(mlp / "up_proj", x, hidden, inner, false);
      return blocks::linear(mlp / "down_proj", mlp.graph().mul(gate, up), inner, hidden, true);
    };
    blocks::add_encoder_heads(c, s, {.dense = "pooler.dense",
                                        .labels = "classifier",
                                        .spans = "",
                                        .masked = "lm_head",
                                        .masked_activation = blocks::Activation::kGelu});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = shared_names(config, "gte.");
    n.roots = {{"model.layers", "gte.layers"}, {"model.layers", "gte.encoder.layer"},
        {"model.layers", "new.encoder.layer"}, {"model.layers", "layers"}, {"model.layers", "encoder.layer"},
        {"embeddings", "gte.embeddings"}, {"embeddings", "new.embeddings"},
        {"pooler", "gte.pooler"}, {"pooler", "new.pooler"}};
    for (const std::string_view pooler : {"gte.pooler.", "new.pooler.", "pooler."})
      n.ignored.emplace_back(pooler, "hidden states are pooled instead");
    const int64_t hidden = integer_in(config, "hidden_size", 768);
    const int64_t inner = integer_in(config, "intermediate_size", 3072);
    return std::move(n).with(fused_qkv("attention.qkv_proj", hidden, hidden)).with(
        {{"self_attn.o_proj", "attention.o_proj", as_stored}, {"mlp.up_proj", "mlp.up_gate_proj", rows(0, inner)},
            {"mlp.gate_proj", "mlp.up_gate_proj", rows(inner, inner)},
            {"post_attention_layernorm", "attn_ln", as_stored}, {"post_feedforward_layernorm", "mlp_ln", as_stored},
            {"post_feedforward_layernorm", "post_mlp_layernorm"}, {"model.embed_layernorm", "embeddings.LayerNorm"},
            {"lm_head.bias", "lm_head.decoder.bias", as_stored},
            {"lm_head.transform.LayerNorm", "lm_head.norm", as_stored},
            {"lm_head.transform.LayerNorm", "lm_head.layer_norm"}});
  }
};

struct JinaEmbeddingsV3 : Family {
  static constexpr std::string_view kType = "jina_embeddings_v3", kGguf = "jina-bert-v3";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("jina_embeddings_v3", json);
    auto d = blocks::kBertDefaults;
    d.vocab = 250002, d.hidden = 1024, d.layers = 24, d.heads = 16, d.inner = 4096, d.context = 8194, d.eps = 1e-5;
    d.no_rope = false, d.rope = {.theta = 20000};
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    s.learned_positions = false;
    s.token_types = c.integer_or("type_vocab_size", 1, 0, 1 << 20);
    blocks::add_encoder_heads(c, s, {.dense = "classifier.dense",
                                        .labels = "classifier.out_proj",
                                        .masked = "lm_head",
                                        .masked_activation = blocks::Activation::kGelu});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = shared_names(config, "roberta.");
    n.roots = {{"model.layers", "roberta.layers"}, {"model.layers", "roberta.encoder.layers"},
        {"model.layers", "layers"}, {"model.layers", "encoder.layers"}, {"", "roberta."}};
    n.ignored.emplace_back("roberta.pooler.", "hidden states are pooled instead");
    const int64_t hidden = integer_in(config, "hidden_size", 1024);
    return std::move(n).with(fused_qkv("mixer.Wqkv", hidden, hidden)).with(
        {{"self_attn.o_proj", "mixer.out_proj", as_stored}, {"mlp.up_proj", "mlp.fc1"}, {"mlp.down_proj", "mlp.fc2"},
            {"post_attention_layernorm", "norm1", as_stored}, {"post_feedforward_layernorm", "norm2", as_stored},
            {"post_feedforward_layernorm", "post_mlp_layernorm"}, {"model.embed_layernorm", "emb_ln", as_stored},
            {"model.embed_layernorm", "embeddings.LayerNorm"},
            {"lm_head.transform.LayerNorm", "lm_head.layer_norm"}});
  }
  static Names gguf(const Json&) { return blocks::gguf_encoder_names(); }
  static void gguf_config(GgufMetadata& m, JsonObject& c) { blocks::gguf_encoder_config(m, c); }
};

}  // namespace weft::gte

WEFT_FAMILY("weft.gte", weft::gte::Gte, weft::gte::JinaEmbeddingsV3)
