// layoutlm: bert with embeddings of each word's place on its page; without a page all places are the first.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::layoutlm {

using namespace sdk;

struct LayoutLm : Family {
  static constexpr std::string_view kType = "layoutlm";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("layoutlm", json);
    blocks::DecoderShape s = blocks::read_encoder(c, blocks::kBertDefaults);
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    const int64_t places = c.integer_or("max_2d_position_embeddings", 1024, 1, 1 << 20);
    s.more_embedding = [places, hidden = s.hidden](const Scope& model, Tensor x) {
      Graph& g = model.graph();
      // The box of a word is left, upper, right, lower; then its height and its width.
      for (const char* table : {"x_places", "y_places", "x_places", "y_places", "h_places", "w_places"})
        x = g.add(x, g.slice((model / table).param("weight", {places, hidden}), 0, 0, 1));
      return x;
    };
    blocks::add_encoder_heads(c, s, {.dense = "pooler.dense", .labels = "classifier"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "layoutlm.", {"cls.", "classifier.", "qa_outputs.", "layoutlm.pooler."});
    return std::move(n).with({{"model.x_places", "embeddings.x_position_embeddings"},
        {"model.y_places", "embeddings.y_position_embeddings"}, {"model.h_places", "embeddings.h_position_embeddings"},
        {"model.w_places", "embeddings.w_position_embeddings"}});
  }
};

}  // namespace weft::layoutlm

WEFT_FAMILY("weft.layoutlm", weft::layoutlm::LayoutLm)
