// modernbert: norms first, gated MLPs, ropes and windows that differ between layers.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::modernbert {

using namespace sdk;

struct ModernBert : Family {
  static constexpr std::string_view kType = "modernbert", kGguf = "modern-bert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("modernbert", json);
    c.unread({"head_dim", "num_key_value_heads"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.vocab = 50368,
                                                         .hidden = 768,
                                                         .inner = 1152,
                                                         .layers = 22,
                                                         .heads = 12,
                                                         .context = 8192,
                                                         .tied = true,
                                                         .eps_key = "norm_eps",
                                                         .eps = 1e-5,
                                                         .activation_key = "hidden_activation",
                                                         .activation = "gelu",
                                                         .no_rope = true,
                                                         .norm = blocks::Norm::kLayer});
    s.norm.bias = c.flag_or("norm_bias", false);
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.attention.rule.causal = false;
    s.mlp.bias = c.flag_or("mlp_bias", false);
    s.embedding_norm = s.encoder = true;
    s.layers.front().norm_first = false;
    read_kinds_of_layers(c, s);
    read_pooling(c, s);
    add_heads(c, s);
    c.harmless({"bos_token_id", "classifier_dropout", "cls_token_id", "deterministic_flash_attn", "embedding_dropout",
        "eos_token_id", "initializer_cutoff_factor", "mlp_dropout", "pad_token_id", "reference_compile",
        "repad_logits_with_grad", "sep_token_id", "sparse_pred_ignore_index", "sparse_prediction"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    const int64_t hidden = integer_in(config, "hidden_size", 768);
    const int64_t inner = integer_in(config, "intermediate_size", 1152);
    Names n{.rules = {{"model.embed_tokens", "embeddings.tok_embeddings"}, {"model.embed_layernorm", "embeddings.norm"},
                {"model.layers", "layers"}, {"model.norm", "final_norm"}, {"input_layernorm", "attn_norm"},
                {"post_attention_layernorm", "mlp_norm"}, {"self_attn.o_proj", "attn.Wo"},
                {"mlp.down_proj", "mlp.Wo"}},
        .roots = {{"", "model."}},
        .ignored = {{"head.", "a head"}, {"decoder.", "a head"}, {"classifier.", "a head"}}};
    if (const Json tied = config["tie_word_embeddings"]; !tied.is_bool() || tied.integer() != 0)
      n.ties = {{"decoder.weight", "model.embed_tokens.weight"}};
    return std::move(n).with(fused_qkv("attn.Wqkv", hidden, hidden)).with(fused_gate_up("mlp.Wi", inner));
  }

  static Names gguf(const Json& config) {
    Names n{.ignored = {{"cls.", "a head"}}};
    return std::move(n).with(fused_gate_up("ffn_up", config["intermediate_size"].integer()));
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    blocks::gguf_encoder_config(m, c);
    c.set("local_attention", m.integer("attention.sliding_window"));
    c.set("global_attn_every_n_layers", m.integer_or("attention.sliding_window_pattern", 3));
    c.set("global_rope_theta", m.number_or("rope.freq_base", 10000));
    c.set("local_rope_theta", m.number_or("rope.freq_base_swa", 10000));
  }

 private:
  /// Every n-th layer sees all tokens, the others those around them; each kind has a rope of its own.
  static void read_kinds_of_layers(Config& c, blocks::DecoderShape& s) {
    const int64_t every = c.integer_or("global_attn_every_n_layers", 3, 1, 1 << 12);
    const int64_t window = c.integer_or("local_attention", 128, 1, 1 << 30) / 2 + 1;
    blocks::read_windows(c, s, window, [=](int64_t i) { return i % every != 0; });
    const auto rope = [&](std::string_view key, double theta, std::string_view kind) {
      return blocks::read_rope(c, s.attention.head_dim, theta, s.context, {.theta_key = key, .layer_type = kind});
    };
    s.ropes = {rope("global_rope_theta", 160000, "full_attention"), rope("local_rope_theta", 1e4, "sliding_attention")};
    for (blocks::LayerShape& l : s.layers) l.rope = l.window > 0 ? 1 : 0;
  }

  static void read_pooling(Config& c, blocks::DecoderShape& s) {
    const std::string pooling = c.text_or("classifier_pooling", "cls");
    if (pooling != "cls" && pooling != "mean")
      refuse(c.at("classifier_pooling") + " is \"" + pooling + "\", expected cls or mean");
    s.sequence = pooling == "mean" ? blocks::SequenceOutput::kMean : blocks::SequenceOutput::kFirstToken;
  }

  /// Every head is a layer and a norm of their own, then the labels or the vocabulary.
  static void add_heads(Config& c, blocks::DecoderShape& s) {
    const bool dense_bias = c.flag_or("classifier_bias", false), decoder_bias = c.flag_or("decoder_bias", true);
    const auto activation = blocks::read_activation(c, "classifier_activation", "gelu");
    const auto add = [&](std::string_view role, std::string name, int64_t outputs, bool bias) {
      s.heads.push_back({std::string(role), [=, hidden = s.hidden, kind = s.norm](const Scope& root, Tensor x) {
                           const Scope head = root / "head";
                           x = blocks::linear(head / "dense", x, hidden, hidden, dense_bias, activation);
                           x = blocks::norm(head / "norm", x, kind);
                           return blocks::linear(root / name, x, hidden, outputs, bias);
                         }});
    };
    if (blocks::may_be(c, "ForSequenceClassification"))
      add(WEFT_ROLE_CLASSIFY_SEQUENCE, "classifier", blocks::read_labels(c), true);
    if (blocks::may_be(c, "ForTokenClassification"))
      add(WEFT_ROLE_CLASSIFY_TOKENS, "classifier", blocks::read_labels(c), true);
    if (blocks::may_be(c, "ForQuestionAnswering")) add(WEFT_ROLE_CLASSIFY_SPANS, "classifier", 2, true);
    if (blocks::may_be(c, "ForMaskedLM")) add(WEFT_ROLE_FILL_MASKS, "decoder", s.vocab, decoder_bias);
  }
};

}  // namespace weft::modernbert

WEFT_FAMILY("weft.modernbert", weft::modernbert::ModernBert)
