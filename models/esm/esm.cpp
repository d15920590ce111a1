// esm: an encoder of proteins with norms before its branches, with rope or learned positions.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::esm {

using namespace sdk;
using blocks::Scope, blocks::Tensor;

/// What becomes of embeddings where masked ones were dropped in training: masks have none, and the others are scaled by
/// the share of tokens that were left then, over the share that is left here. x: [T, hidden], which contains them.
Tensor drop_masks(const Scope& model, Tensor x, int64_t vocab, int64_t hidden, int64_t mask) {
  constexpr float kLeftInTraining = 1 - 0.15F * 0.8F;
  Graph& g = model.graph();
  const blocks::TokenAxis axis(g);
  const auto begin = [&](int64_t first) { return g.slice(axis.seq_start, 0, first, axis.S); };
  const Tensor tokens = g.input("tokens", WEFT_I32, {axis.T});
  const Tensor other = g.cast(
      g.compare(Compare::kNe, tokens, g.scalar_i32(static_cast<int32_t>(mask), 1)), WEFT_F32);
  const Tensor of = g.reshape(other, {axis.T, 1}), zeros = g.broadcast(g.scalar(0, 2), {axis.S, 1});
  const Tensor count = g.scatter_add(zeros, axis.token_seq, of);  // [S, 1]
  const Tensor all = g.reshape(g.cast(g.sub(begin(1), begin(0)), WEFT_F32), {axis.S, 1});
  const Tensor left = g.gather(g.div(count, all), axis.token_seq);  // [T, 1]; 0 where all tokens are masks
  const Tensor scale = g.select(g.compare(Compare::kEq, of, g.scalar(0, 2)), g.scalar(0, 2),
      g.div(g.scalar(kLeftInTraining, 2), g.max(left, g.scalar(1e-30F, 2))));
  const Tensor embeddings = g.gather((model / "embed_tokens").param("weight", {vocab, hidden}), tokens);
  return g.add(x, g.mul(embeddings, g.sub(scale, g.scalar(1, 2))));
}

struct Esm : Family {
  static constexpr std::string_view kType = "esm";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("esm", json);
    const bool rotates = json["position_embedding_type"].string() == "rotary";
    auto d = blocks::kBertDefaults;
    d.vocab = 0, d.context = 1026, d.no_rope = !rotates;
    c.unread({"hidden_act"});
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    blocks::norm_before(s);
    s.learned_positions = !rotates;
    if (!rotates) blocks::count_from_padding(c, s);
    s.embedding_norm = c.flag_or("emb_layer_norm_before", false);
    if (c.flag_or("token_dropout", false)) {
      s.more_embedding = [vocab = s.vocab, hidden = s.hidden, mask = c.integer("mask_token_id", 0, s.vocab - 1)](
                             const Scope& model, Tensor x) { return drop_masks(model, x, vocab, hidden, mask); };
    }
    c.only("is_folding_model", false);
    blocks::add_encoder_heads(c, s, {.dense = "classifier.dense",
                                        .labels = "classifier.out_proj",
                                        .spans = "",
                                        .masked = "lm_head",
                                        .masked_activation = blocks::Activation::kGelu});
    c.harmless({"mask_token_id", "esmfold_config", "vocab_list", "hidden_act"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "esm.",
        {"lm_head.", "classifier.", "esm.pooler.", "esm.contact_head.", "contact_head."}, "lm_head.decoder.weight");
    for (Rename& r : n.rules) {
      if (r.from == "post_attention_layernorm") r = {"post_attention_layernorm", "LayerNorm"};
      if (r.from == "model.embed_layernorm") r = {"model.embed_layernorm", "embeddings.layer_norm"};
    }
    n.ignored.emplace_back("rotary_embeddings.inv_freq", "rope frequencies, computed from the config");
    n.ignored.emplace_back("embeddings.position_embeddings.weight", "positions are rotated");
    n.rules.insert(n.rules.begin(), {"input_layernorm", "attention.LayerNorm"});
    return std::move(n).with({{"model.norm", "encoder.emb_layer_norm_after"},
        {"lm_head.transform.dense", "lm_head.dense"},
        {"lm_head.transform.LayerNorm", "lm_head.layer_norm"}, {"lm_head.decoder.bias", "lm_head.bias"}});
  }
};

}  // namespace weft::esm

WEFT_FAMILY("weft.esm", weft::esm::Esm)
