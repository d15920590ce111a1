// granite: embeddings, scores, branches and logits have multipliers.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::granite {

using namespace sdk;

struct Granite : Family {
  static constexpr std::string_view kType = "granite", kGguf = "granite";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("granite", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.mlp.bias = c.flag_or("mlp_bias", false);
    s.embedding_scale = c.number_or("embedding_multiplier", 1);
    s.attention.rule.scale = c.number_or("attention_multiplier", 1);
    s.residual.scale = c.number_or("residual_multiplier", 1);
    const double divisor = c.number_or("logits_scaling", 1);
    if (divisor == 0) refuse(c.at("logits_scaling") + " is 0");
    s.logit_scale = 1 / divisor;
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names gguf(const Json& c) { return {.rules = gguf_paired_qk(c)}; }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    const Json rope = m.get("rope.scaling.finetuned");  // says whether layers have rope
    if (!rope.null() && rope.integer() == 0)
      refuse(m.at("rope.scaling.finetuned") + " is false: layers without rope are not implemented");
    const double heads = static_cast<double>(m.integer("attention.head_count")),
                 hidden = static_cast<double>(m.integer("embedding_length"));
    c.set("embedding_multiplier", m.number_or("embedding_scale", 1))
        .set("residual_multiplier", m.number_or("residual_scale", 1));
    c.set("attention_multiplier", m.number_or("attention.scale", 1 / std::sqrt(hidden / heads)))
        .set("logits_scaling", m.number_or("logit_scale", 1));
    c.set("attention_bias", m.has_qkv_bias()).set("mlp_bias", m.has_tensor("blk.0.ffn_gate.bias"));
  }
};

}  // namespace weft::granite

WEFT_FAMILY("weft.granite", weft::granite::Granite)
