// rembert: bert with narrow embeddings before the layers and wide ones after them.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::rembert {

using namespace sdk;

struct RemBert : Family {
  static constexpr std::string_view kType = "rembert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("rembert", json);
    auto d = blocks::kBertDefaults;
    d.vocab = 250300, d.hidden = 1152, d.layers = 32, d.heads = 18, d.inner = 4608, d.tied = false;
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    if (s.tied) refuse(c.at("tie_word_embeddings") + " is true: the two embeddings have different widths");
    s.embedding = c.integer_or("input_embedding_size", 256, 1, 1 << 20), s.project_last = true;
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    const int64_t width = c.integer_or("output_embedding_size", 1664, 1, 1 << 20);
    blocks::add_encoder_heads(c, s, {.dense = "pooler.dense", .labels = "classifier", .masked_width = width});
    c.harmless({"classifier_dropout_prob"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "rembert.", {"cls.", "classifier.", "qa_outputs.", "rembert.pooler."});
    n.ties = {};
    return std::move(n).with({{"model.project_in", "encoder.embedding_hidden_mapping_in"},
        {"cls.predictions.transform.dense", "cls.predictions.dense"},
        {"cls.predictions.transform.LayerNorm", "cls.predictions.LayerNorm"}});
  }
};

}  // namespace weft::rembert

WEFT_FAMILY("weft.rembert", weft::rembert::RemBert)
