// mpnet: positions are learned, counted behind the padding token's id, and a bias by distance besides.
#include "weft/blocks/encoder.hpp"
#include "weft/blocks/relative_bias.hpp"
#include "weft/sdk/family.hpp"

namespace weft::mpnet {

using namespace sdk;

struct Mpnet : Family {
  static constexpr std::string_view kType = "mpnet";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("mpnet", json);
    auto d = blocks::kBertDefaults;
    d.vocab = 30527;
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    // The id of padding is 1 in the model's code, whatever the config says.
    s.uncounted = 1, s.position_offset = 2, s.context -= s.position_offset;
    if (s.context < 1) refuse(c.at("max_position_embeddings") + " is less than 3");
    c.only_number("relative_attention_num_buckets", 32);  // the model's code uses no other number
    s.relative = [heads = s.attention.heads](const Scope& model) {
      return blocks::relative_bias(model / "relative_attention_bias", heads, {.buckets = 32, .max_distance = 128});
    };
    blocks::add_encoder_heads(c, s, {.dense = "classifier.dense",
                                        .labels = "classifier.out_proj",
                                        .masked = "lm_head",
                                        .masked_activation = blocks::Activation::kGelu});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "mpnet.", {"lm_head.", "classifier.", "qa_outputs.", "mpnet.pooler."},
        "lm_head.decoder.weight");
    n.rules = {{"model.embed_tokens", "embeddings.word_embeddings"},
        {"model.embed_positions", "embeddings.position_embeddings"}, {"model.embed_layernorm", "embeddings.LayerNorm"},
        {"model.relative_attention_bias", "encoder.relative_attention_bias"}, {"model.layers", "encoder.layer"},
        {"self_attn.q_proj", "attention.attn.q"}, {"self_attn.k_proj", "attention.attn.k"},
        {"self_attn.v_proj", "attention.attn.v"}, {"self_attn.o_proj", "attention.attn.o"},
        {"mlp.up_proj", "intermediate.dense"}, {"mlp.down_proj", "output.dense"},
        {"post_attention_layernorm", "attention.LayerNorm"}, {"post_feedforward_layernorm", "output.LayerNorm"},
        {"lm_head.transform.dense", "lm_head.dense"}, {"lm_head.transform.LayerNorm", "lm_head.layer_norm"}};
    return n;
  }
};

}  // namespace weft::mpnet

WEFT_FAMILY("weft.mpnet", weft::mpnet::Mpnet)
