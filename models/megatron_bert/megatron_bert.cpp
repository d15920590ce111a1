// megatron-bert: bert with norms before the branches.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::megatron_bert {

using namespace sdk;

struct MegatronBert : Family {
  static constexpr std::string_view kType = "megatron-bert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("megatron-bert", json);
    auto d = blocks::kBertDefaults;
    d.vocab = 29056, d.hidden = 1024, d.layers = 24, d.heads = 16, d.inner = 4096;
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    blocks::norm_before(s);
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    blocks::add_encoder_heads(c, s, {.dense = "pooler.dense", .labels = "classifier"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "bert.", {"cls.", "classifier.", "qa_outputs.", "bert.pooler."});
    for (Rename& r : n.rules) {
      if (r.from == "post_attention_layernorm") r = {"post_attention_layernorm", "ln"};
    }
    return std::move(n).with({{"input_layernorm", "attention.ln"}, {"model.norm", "encoder.ln"}});
  }
};

}  // namespace weft::megatron_bert

WEFT_FAMILY("weft.megatron_bert", weft::megatron_bert::MegatronBert)
