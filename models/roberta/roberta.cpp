// roberta, xlm-roberta, camembert, xlm-roberta-xl: bert with positions that are counted behind the padding token's id.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::roberta {

using namespace sdk;

std::unique_ptr<Model> make_model(
    std::string_view type, const Json& json, const blocks::DecoderDefaults& d, bool norms_first) {
  Config c(std::string(type), json);
  blocks::DecoderShape s = blocks::read_encoder(c, d);
  blocks::count_from_padding(c, s);
  if (norms_first) blocks::norm_before(s);
  s.token_types = c.integer_or("type_vocab_size", norms_first ? 1 : 2, 0, 1 << 20);
  blocks::add_encoder_heads(c, s, {.dense = "classifier.dense",
                                      .labels = "classifier.out_proj",
                                      .masked = "lm_head",
                                      .masked_activation = blocks::Activation::kGelu});
  c.finish();
  return std::make_unique<blocks::Decoder>(std::move(s));
}

Names names(const Json& config, std::string_view root, std::string_view pooler) {
  Names n = blocks::encoder_names(
      config, root, {"lm_head.", "classifier.", "qa_outputs.", pooler}, "lm_head.decoder.weight");
  n.rules.push_back({"lm_head.transform.dense", "lm_head.dense"});
  n.rules.push_back({"lm_head.transform.LayerNorm", "lm_head.layer_norm"});
  return n;
}

struct Roberta : Family {
  static constexpr std::string_view kType = "roberta";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    auto d = blocks::kBertDefaults;
    d.vocab = 50265;
    return make_model(kType, json, d, false);
  }
  static Names hf(const Json& config) { return names(config, "roberta.", "roberta.pooler."); }
};

struct XlmRoberta : Roberta {
  static constexpr std::string_view kType = "xlm-roberta";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    return make_model(kType, json, blocks::kBertDefaults, false);
  }
};

struct Camembert : Roberta {
  static constexpr std::string_view kType = "camembert";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    return make_model(kType, json, blocks::kBertDefaults, false);
  }
};

struct XlmRobertaXl : Roberta {
  static constexpr std::string_view kType = "xlm-roberta-xl";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    auto d = blocks::kBertDefaults;
    d.vocab = 250880, d.hidden = 2560, d.layers = 36, d.heads = 32, d.inner = 10240, d.context = 514, d.eps = 1e-5;
    return make_model(kType, json, d, true);
  }
  static Names hf(const Json& config) {
    Names n = names(config, "roberta.", "roberta.pooler.");
    for (Rename& r : n.rules) {
      if (r.from == "post_attention_layernorm") r = {"post_attention_layernorm", "LayerNorm"};
    }
    return std::move(n).with(
        {{"input_layernorm", "attention.self_attn_layer_norm"}, {"model.norm", "encoder.LayerNorm"}});
  }
};

}  // namespace weft::roberta

WEFT_FAMILY("weft.roberta", weft::roberta::Roberta, weft::roberta::XlmRoberta, weft::roberta::Camembert,
    weft::roberta::XlmRobertaXl)
