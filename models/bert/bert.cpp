// bert: an encoder; the sum of stream and branch is normed; learned positions, token types.
#include "weft/blocks/decoder.hpp"
#include "weft/blocks/heads.hpp"
#include "weft/sdk/family.hpp"

namespace weft::bert {

using namespace sdk;

struct Bert : Family {
  static constexpr std::string_view kType = "bert", kGguf = "bert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("bert", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.vocab = 30522,
                                                         .hidden = 768,
                                                         .inner = 3072,
                                                         .layers = 12,
                                                         .heads = 12,
                                                         .context = 512,
                                                         .tied = true,
                                                         .eps_key = "layer_norm_eps",
                                                         .eps = 1e-12,
                                                         .activation = "gelu",
                                                         .no_rope = true,
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    s.attention.qkv_bias = s.attention.out_bias = s.mlp.bias = true;
    s.attention.rule.causal = false;
    s.mlp.gated = false;
    s.residual = {.before_attention = "",
        .after_attention = "post_attention_layernorm",
        .before_mlp = "",
        .after_mlp = "post_feedforward_layernorm",
        .norm_sum = true};
    s.learned_positions = s.embedding_norm = s.encoder = s.first_token = true;
    s.final_norm = false;
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    const std::string positions = c.text_or("position_embedding_type", "absolute");
    if (positions != "absolute")
      refuse(c.at("position_embedding_type") + " is \"" + positions + "\", only absolute is implemented");
    add_heads(c, s);
    c.only("is_decoder", false);
    c.only("add_cross_attention", false);
    c.harmless({"attention_probs_dropout_prob", "hidden_dropout_prob", "directionality", "pooler_fc_size",
        "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static void add_heads(Config& c, blocks::DecoderShape& s) {
    const int64_t hidden = s.hidden;
    const auto to_labels = [hidden](std::string name, int64_t outputs) {
      return [=](const Scope& root, Tensor x) { return blocks::linear(root / name, x, hidden, outputs, true); };
    };
    if (blocks::may_be(c, "ForSequenceClassification")) {
      s.heads.push_back({WEFT_ROLE_CLASSIFY_SEQUENCE,
          [hidden, labels = blocks::read_labels(c)](const Scope& root, Tensor first) {
            Tensor pooled = root.graph().tanh(blocks::linear(root / "pooler" / "dense", first, hidden, hidden, true));
            return blocks::linear(root / "classifier", pooled, hidden, labels, true);
          }});
    }
    if (blocks::may_be(c, "ForTokenClassification"))
      s.heads.push_back({WEFT_ROLE_CLASSIFY_TOKENS, to_labels("classifier", blocks::read_labels(c))});
    if (blocks::may_be(c, "ForQuestionAnswering"))
      s.heads.push_back({WEFT_ROLE_CLASSIFY_SPANS, to_labels("qa_outputs", 2)});
    if (blocks::may_be(c, "ForMaskedLM") || blocks::may_be(c, "ForPreTraining"))
      s.heads.push_back({WEFT_ROLE_FILL_MASKS, blocks::masked_head("cls.predictions", s)});
  }

  static Names hf(const Json& config) {
    using Ties = decltype(Names::ties);
    return {.rules = {{"model.embed_tokens", "embeddings.word_embeddings"},
                {"model.embed_positions", "embeddings.position_embeddings"},
                {"model.token_types", "embeddings.token_type_embeddings"},
                {"model.embed_layernorm", "embeddings.LayerNorm"}, {"model.layers", "encoder.layer"},
                {"self_attn.q_proj", "attention.self.query"}, {"self_attn.k_proj", "attention.self.key"},
                {"self_attn.v_proj", "attention.self.value"}, {"self_attn.o_proj", "attention.output.dense"},
                {"mlp.up_proj", "intermediate.dense"}, {"mlp.down_proj", "output.dense"},
                {"post_attention_layernorm", "attention.output.LayerNorm"},
                {"post_feedforward_layernorm", "output.LayerNorm"},
                {"LayerNorm.weight", "LayerNorm.gamma", as_stored},  // the first checkpoints have these names
                {"LayerNorm.bias", "LayerNorm.beta", as_stored}},
        .roots = {{"", "bert."}},
        .ignored = {{"embeddings.position_ids", "0, 1, 2 and so on"}, {"pooler.", "hidden states are pooled instead"},
            {"bert.pooler.", "hidden states are pooled instead"}, {"cls.", "a head"}, {"classifier.", "a head"},
            {"qa_outputs.", "a head"}},
        .ties = config["tie_word_embeddings"].is_bool() && config["tie_word_embeddings"].integer() == 0
                    ? Ties{}
                    : Ties{{"cls.predictions.decoder.weight", "model.embed_tokens.weight"}}};
  }

  static Names gguf(const Json&) {
    return {.rules = {{"model.token_types", "token_types"}, {"post_attention_layernorm", "attn_output_norm"},
                {"post_feedforward_layernorm", "layer_output_norm"}},
        .ignored = {{"cls.", "a head"}}};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    const uint32_t types = m.checkpoint.find("token_types.weight");
    c.set("type_vocab_size", types == WEFT_NONE || m.checkpoint.tensor(types).dims.empty()
                                 ? int64_t{0}
                                 : m.checkpoint.tensor(types).dims[0]);
    const Json causal = m.get("attention.causal");
    if (causal.is_bool() && causal.integer() != 0)
      refuse(m.at("attention.causal") + " is true, only false is implemented");
    m.get("pooling_type");  // pooling reads it, not the graph
  }
};

}  // namespace weft::bert

WEFT_FAMILY("weft.bert", weft::bert::Bert)
