// bert-generation: the encoder is bert without token types and heads.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::bert_generation {

using namespace sdk;

struct BertGeneration : Family {
  static constexpr std::string_view kType = "bert-generation";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("bert-generation", json);
    auto d = blocks::kBertDefaults;
    d.vocab = 50358, d.hidden = 1024, d.layers = 24, d.heads = 16, d.inner = 4096;
    if (blocks::names_class(c, "GenerationDecoder"))
      refuse(c.at("architectures") + " names a decoder, only the encoder is implemented");
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) { return blocks::encoder_names(config, "bert.", {"lm_head."}); }
};

}  // namespace weft::bert_generation

WEFT_FAMILY("weft.bert_generation", weft::bert_generation::BertGeneration)
