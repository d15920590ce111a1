// roformer: bert with rope in place of learned positions, whose embeddings may be narrower than its layers.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::roformer {

using namespace sdk;

struct RoFormer : Family {
  static constexpr std::string_view kType = "roformer";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("roformer", json);
    auto d = blocks::kBertDefaults;
    d.vocab = 50000, d.context = 1536, d.no_rope = false, d.rope = {.interleaved = true};
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    s.learned_positions = false;
    const int64_t width = c.integer_or("embedding_size", s.hidden, 1, 1 << 20);
    if (width != s.hidden) s.embedding = width, s.project_last = true;
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    c.only("rotary_value", false);
    blocks::add_encoder_heads(c, s, {.dense = "classifier.dense",
                                        .labels = "classifier.out_proj",
                                        .activation = s.mlp.activation});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "roformer.", {"cls.", "classifier.", "qa_outputs."});
    n.ignored.emplace_back("encoder.embed_positions.weight", "rope, computed from the config");
    return std::move(n).with({{"model.project_in", "embeddings_project"}});
  }
};

}  // namespace weft::roformer

WEFT_FAMILY("weft.roformer", weft::roformer::RoFormer)
