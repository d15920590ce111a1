// bert: an encoder; the sum of stream and branch is normed; learned positions, token types.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::bert {

using namespace sdk;

struct Bert : Family {
  static constexpr std::string_view kType = "bert", kGguf = "bert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("bert", json);
    blocks::DecoderShape s = blocks::read_encoder(c, blocks::kBertDefaults);
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    blocks::add_encoder_heads(c, s, {.dense = "pooler.dense", .labels = "classifier"});
    c.harmless({"directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
        "pooler_size_per_head", "pooler_type"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    return blocks::encoder_names(config, "bert.", {"cls.", "classifier.", "qa_outputs.", "bert.pooler."});
  }

  static Names gguf(const Json&) { return blocks::gguf_encoder_names(); }
  static void gguf_config(GgufMetadata& m, JsonObject& c) { blocks::gguf_encoder_config(m, c); }
};

}  // namespace weft::bert

WEFT_FAMILY("weft.bert", weft::bert::Bert)
