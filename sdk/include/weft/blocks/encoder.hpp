// Encoders of bert's kind: what their configs, heads and names in checkpoints share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/blocks/heads.hpp"
#include "weft/sdk/gguf.hpp"
#include "weft/sdk/inline.hpp"
#include "weft/sdk/names.hpp"

namespace weft::blocks {

inline constexpr DecoderDefaults kBertDefaults = {.vocab = 30522,
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
    .norm = Norm::kLayer,
    .norm_bias = true};

/// Reads an encoder that sees whole sequences, with learned positions; the sum of stream and branch is normed. The
/// family then reads its heads, sets what is its own and calls c.finish().
WEFT_SDK_INLINE DecoderShape read_encoder(sdk::Config& c, const DecoderDefaults& d) {
  DecoderShape s = read_decoder(c, d);
  s.attention.qkv_bias = s.attention.out_bias = s.mlp.bias = true;
  s.attention.rule.causal = false;
  s.mlp.gated = false;
  s.residual = {.before_attention = "",
      .after_attention = "post_attention_layernorm",
      .before_mlp = "",
      .after_mlp = "post_feedforward_layernorm",
      .norm_sum = true};
  s.learned_positions = s.embedding_norm = s.encoder = true;
  s.final_norm = false;
  s.sequence = SequenceOutput::kFirstToken;
  const std::string positions = c.text_or("position_embedding_type", "absolute");
  if (positions != "absolute" && (positions != "rotary" || d.no_rope))
    sdk::refuse(c.at("position_embedding_type") + " is \"" + positions + "\", only absolute is implemented");
  c.only("is_decoder", false);
  c.only("add_cross_attention", false);
  c.harmless({"attention_probs_dropout_prob", "finetuning_task", "hidden_dropout_prob", "output_past"});
  return s;
}

/// Norms the branches' inputs instead, and the last layer's output.
WEFT_SDK_INLINE void norm_before(DecoderShape& s) {
  s.residual = {};
  s.embedding_norm = false, s.final_norm = true;
}

/// Positions begin behind the padding token's id, as fairseq counts them; max_position_embeddings has those before it.
WEFT_SDK_INLINE void count_from_padding(sdk::Config& c, DecoderShape& s) {
  s.uncounted = c.integer_or("pad_token_id", 1, 0, s.vocab - 1);
  s.position_offset = s.uncounted + 1;
  s.context -= s.position_offset;
  if (s.context < 1)
    sdk::refuse(c.at("max_position_embeddings") + " is " + std::to_string(s.context + s.position_offset) +
                ", expected more than pad_token_id " + std::to_string(s.uncounted) + " and one");
}

/// Where the heads of ...ForSequenceClassification, ...ForTokenClassification, ...ForQuestionAnswering and
/// ...ForMaskedLM have their parameters. Empty: there is no such head.
struct EncoderHeads {
  std::string_view dense, labels;              // of a sequence: dense, activation, labels
  std::optional<Activation> activation = {};   // of `dense`; none: tanh
  std::string_view tokens = "classifier", spans = "qa_outputs", masked = "cls.predictions";  // see masked_head
  std::optional<Activation> masked_activation = {};  // none: that of the layers
  int64_t masked_width = 0;                          // that `masked` predicts from; 0: that of the embeddings
};

/// Adds the heads of the classes that `architectures` names, or all where it names none.
WEFT_SDK_INLINE void add_encoder_heads(sdk::Config& c, DecoderShape& s, const EncoderHeads& h) {
  const auto to = [hidden = s.hidden](std::string_view name, int64_t outputs) {
    return [hidden, outputs, name = std::string(name)](const Scope& root, Tensor x) {
      return linear(root / name, x, hidden, outputs, true);
    };
  };
  if (may_be(c, "ForSequenceClassification")) {
    s.heads.push_back({WEFT_ROLE_CLASSIFY_SEQUENCE,
        [hidden = s.hidden, dense = std::string(h.dense), activation = h.activation,
            labels = to(h.labels, read_labels(c))](const Scope& root, Tensor first) {
          if (activation) return labels(root, linear(root / dense, first, hidden, hidden, true, *activation));
          return labels(root, root.graph().tanh(linear(root / dense, first, hidden, hidden, true)));
        }});
  }
  if (may_be(c, "ForTokenClassification"))
    s.heads.push_back({WEFT_ROLE_CLASSIFY_TOKENS, to(h.tokens, read_labels(c))});
  if (!h.spans.empty() && may_be(c, "ForQuestionAnswering"))
    s.heads.push_back({WEFT_ROLE_CLASSIFY_SPANS, to(h.spans, 2)});
  if (!h.masked.empty() && (may_be(c, "ForMaskedLM") || may_be(c, "ForPreTraining"))) {
    DecoderShape masked = s;
    if (h.masked_width > 0) masked.embedding = h.masked_width;
    masked.mlp.activation = h.masked_activation.value_or(s.mlp.activation);
    s.heads.push_back({WEFT_ROLE_FILL_MASKS, masked_head(h.masked, masked)});
  }
}

/// The names of bert's checkpoints. `root`: what names begin with unless the model was saved without a head ("bert.");
/// `heads`: what the names of heads and poolers begin with. `masked`: the parameter that is tied to the embeddings.
WEFT_SDK_INLINE sdk::Names encoder_names(const sdk::Json& config, std::string_view root,
    const std::vector<std::string_view>& heads, std::string_view masked = "cls.predictions.decoder.weight") {
  sdk::Names n;
  n.rules = {{"model.embed_tokens", "embeddings.word_embeddings"},
      {"model.embed_positions", "embeddings.position_embeddings"},
      {"model.token_types", "embeddings.token_type_embeddings"}, {"model.embed_layernorm", "embeddings.LayerNorm"},
      {"model.layers", "encoder.layer"}, {"self_attn.q_proj", "attention.self.query"},
      {"self_attn.k_proj", "attention.self.key"}, {"self_attn.v_proj", "attention.self.value"},
      {"self_attn.o_proj", "attention.output.dense"}, {"mlp.up_proj", "intermediate.dense"},
      {"mlp.down_proj", "output.dense"}, {"post_attention_layernorm", "attention.output.LayerNorm"},
      {"post_feedforward_layernorm", "output.LayerNorm"},
      {"LayerNorm.weight", "LayerNorm.gamma", sdk::as_stored},  // the first checkpoints have these names
      {"LayerNorm.bias", "LayerNorm.beta", sdk::as_stored}};
  n.roots = {{"", root}};
  n.ignored = {{"embeddings.position_ids", "0, 1, 2 and so on"}, {"pooler.", "hidden states are pooled instead"}};
  for (const std::string_view head : heads) n.ignored.emplace_back(head, "a head");
  if (const sdk::Json tied = config["tie_word_embeddings"]; !tied.is_bool() || tied.integer() != 0)
    n.ties = {{masked, "model.embed_tokens.weight"}};
  return n;
}

/// How GGUF files of encoders whose sums are normed name what llama.cpp's common names lack.
WEFT_SDK_INLINE sdk::Names gguf_encoder_names() {
  return {.rules = {{"model.token_types", "token_types"}, {"post_attention_layernorm", "attn_output_norm"},
              {"post_feedforward_layernorm", "layer_output_norm"}},
      .ignored = {{"cls.", "a head"}}};
}

/// Sets what GGUF files say of encoders beside what they say of decoders.
WEFT_SDK_INLINE void gguf_encoder_config(sdk::GgufMetadata& m, sdk::JsonObject& c) {
  const uint32_t types = m.checkpoint.find("token_types.weight");
  c.set("type_vocab_size", types == WEFT_NONE || m.checkpoint.tensor(types).dims.empty()
                               ? int64_t{0}
                               : m.checkpoint.tensor(types).dims[0]);
  const sdk::Json causal = m.get("attention.causal");
  if (causal.is_bool() && causal.integer() != 0)
    sdk::refuse(m.at("attention.causal") + " is true, only false is implemented");
  m.get("pooling_type");  // pooling reads it, not the graph
}

}  // namespace weft::blocks
