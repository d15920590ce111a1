// electra: bert whose embeddings may be narrower than its layers.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::electra {

using namespace sdk;

struct Electra : Family {
  static constexpr std::string_view kType = "electra";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("electra", json);
    auto d = blocks::kBertDefaults;
    d.hidden = 256, d.inner = 1024, d.heads = 4;
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    const int64_t width = c.integer_or("embedding_size", 128, 1, 1 << 20);
    if (width != s.hidden) s.embedding = width, s.project_last = true;
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    blocks::add_encoder_heads(c, s, {.dense = "classifier.dense",
                                        .labels = "classifier.out_proj",
                                        .activation = blocks::Activation::kGelu,
                                        .masked = "generator",
                                        .masked_activation = blocks::Activation::kGelu});
    c.harmless({"summary_activation", "summary_last_dropout", "summary_type", "summary_use_proj"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "electra.",
        {"generator_predictions.", "generator_lm_head.", "discriminator_predictions.", "classifier.", "qa_outputs."},
        "generator.decoder.weight");
    return std::move(n).with({{"model.project_in", "embeddings_project"},
        {"generator.transform.dense", "generator_predictions.dense"},
        {"generator.transform.LayerNorm", "generator_predictions.LayerNorm"},
        {"generator.decoder", "generator_lm_head"}, {"generator.bias", "generator_lm_head.bias"}});
  }
};

}  // namespace weft::electra

WEFT_FAMILY("weft.electra", weft::electra::Electra)
