// Encoder-decoders of bart's kind (Lewis et al. 2020): an encoder, and a decoder that attends to its output, with
// positions that are added to embeddings. A family states what is its own as an EncoderDecoderShape.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "weft/blocks/cross_attention.hpp"
#include "weft/blocks/mlp.hpp"
#include "weft/blocks/sinusoids.hpp"
#include "weft/sdk/architecture.hpp"

namespace weft::blocks {

/// Where positions come from: a table that is learned; or sinusoids, whose first position is `position_offset`.
enum class PositionKind { kLearned, kSinusoids };

/// How the decoder's input is made of the text where both read the same one: shifted by one token, behind the start
/// token, or behind the text's last token that is no padding. kNone: no graph does so.
enum class ShiftKind { kNone, kBehindStart, kBehindLast };

struct EncoderDecoderShape {
  struct Stack {
    int64_t layers = 0, inner = 0;
    AttentionShape attention;
  };
  int64_t vocab = 0, hidden = 0, context = 0;
  int64_t start_token = -1, pad_token = -1, end_token = -1;  // -1: there is none
  Stack encoder, decoder;
  Norm norm = {Norm::kLayer, 1e-5, true, true};
  Activation activation = Activation::kGelu;
  bool norm_first = false;      // norms stand before branches; false: after the sum of stream and branch
  bool final_norms = false;     // each stack's output is normed
  bool embedding_norms = true;  // each stack's input is normed
  bool tokens_normed = false;   // the decoder norms embeddings before positions are added
  double embedding_scale = 1;
  bool shared_embedding = true;  // the two stacks have one table of tokens
  PositionKind positions = PositionKind::kLearned;
  int64_t position_offset = 0;             // a token's position is at this row
  std::vector<float> frequencies;          // of kSinusoids
  bool padding_has_no_position = false;    // of kSinusoids: padding is not counted, and nothing is added to it
  bool logits_bias = true;                 // final_logits_bias [vocab]
  bool decoder_alone = false;              // no encoder, and no attention to it
  ShiftKind shift = ShiftKind::kNone;
  bool generates = true;                        // graphs predict tokens
  bool fills_masks = false;                     // with `shift`: a graph predicts each token of the text
  int64_t sequence_labels = 0, span_labels = 0;  // with `shift`: labels of heads; 0: there is no such head
};

class EncoderDecoder final : public sdk::Model {
 public:
  explicit EncoderDecoder(EncoderDecoderShape shape) : s_(std::move(shape)) {}

  int64_t vocab_size() const override { return s_.vocab; }
  int64_t max_context() const override { return s_.context; }
  int64_t start_token() const override { return s_.decoder_alone ? -1 : s_.start_token; }

  WEFT_SDK_INLINE std::vector<sdk::GraphInfo> graphs() const override {
    std::vector<sdk::GraphInfo> all;
    if (s_.generates) all.push_back({"step", WEFT_ROLE_PREDICT_TOKENS, false});
    if (s_.decoder_alone) return all;
    if (s_.generates) all.push_back({"encode", WEFT_ROLE_READ_SOURCE, true});
    if (s_.shift == ShiftKind::kNone) return all;
    all.push_back({"embed", WEFT_ROLE_HIDDEN_STATES, true});
    if (s_.fills_masks) all.push_back({WEFT_ROLE_FILL_MASKS, WEFT_ROLE_FILL_MASKS, true});
    if (s_.sequence_labels > 0) all.push_back({WEFT_ROLE_CLASSIFY_SEQUENCE, WEFT_ROLE_CLASSIFY_SEQUENCE, true});
    if (s_.span_labels > 0) all.push_back({WEFT_ROLE_CLASSIFY_SPANS, WEFT_ROLE_CLASSIFY_SPANS, true});
    return all;
  }

  WEFT_SDK_INLINE void build(std::string_view graph, Graph& g) const override {
    const TokenAxis axis(g);
    const Tensor tokens = g.input("tokens", WEFT_I32, {axis.T});
    if (graph == "encode") {
      const Tensor x = encode(axis, tokens);
      const StateGroup group = cross_group(g);
      for (int64_t i = 0; i < s_.decoder.layers; ++i)
        keep_for_cross_attention(cross_scope(g, i), axis, group, cross_name(i), x, s_.decoder.attention);
      return;
    }
    if (graph == "step") {
      StateGroup kv, cross;
      kv.group = g.group("kv", WEFT_GROUP_PAGED, 0, &kv.id);
      if (!s_.decoder_alone) cross = cross_group(g);
      const Tensor x = decode(axis, tokens, [&](const Scope& layer, int64_t i, bool self, Tensor h) {
        if (!self) return cross_attention(layer / "encoder_attn", axis, cross, cross_name(i), h, s_.decoder.attention);
        const std::string name = "layers." + std::to_string(i);
        return attention(layer / "self_attn", axis, kv.group, kv.id, name, h, nullptr, {}, s_.decoder.attention);
      });
      return g.output("logits", logits(g, wanted_rows(g, x)));
    }
    const Tensor encoded = encode(axis, tokens);
    const Tensor x = decode(axis, shifted(axis, tokens), [&](const Scope& layer, int64_t, bool self, Tensor h) {
      const AttentionShape& a = s_.decoder.attention;
      if (self) return attention_in_step(layer / "self_attn", axis, h, nullptr, {}, a);
      return attention_to(layer / "encoder_attn", axis, h, encoded, a);
    });
    if (graph == "embed") return g.output("hidden", wanted_rows(g, x));
    if (graph == WEFT_ROLE_FILL_MASKS) return g.output("logits", logits(g, wanted_rows(g, x)));
    if (graph == WEFT_ROLE_CLASSIFY_SPANS)
      return g.output("logits", linear(Scope(g) / "qa_outputs", wanted_rows(g, x), s_.hidden, s_.span_labels, true));
    const Scope head = Scope(g) / "classification_head";
    const Tensor y = g.tanh(linear(head / "dense", at_last_end(axis, tokens, x), s_.hidden, s_.hidden, true));
    g.output("logits", linear(head / "out_proj", y, s_.hidden, s_.sequence_labels, true));
  }

 private:
  static std::string cross_name(int64_t layer) { return "layers." + std::to_string(layer) + ".cross"; }
  static Scope cross_scope(Graph& g, int64_t layer) {
    return Scope(g) / "model" / "decoder" / "layers" / layer / "encoder_attn";
  }

  Tensor embedding(Graph& g, std::string_view stack) const {
    const Scope model = Scope(g) / "model";
    const Scope table = s_.shared_embedding ? model / "shared" : model / stack / "embed_tokens";
    return table.param("weight", {s_.vocab, s_.hidden});
  }

  /// The input of a stack, [T, hidden].
  Tensor embed(const TokenAxis& axis, std::string_view name, Tensor tokens) const {
    Graph& g = *axis.graph;
    const Scope stack = Scope(g) / "model" / name;
    Tensor x = g.gather(embedding(g, name), tokens);
    if (s_.embedding_scale != 1) x = g.mul(x, g.scalar(static_cast<float>(s_.embedding_scale), 2));
    const bool tokens_normed = s_.tokens_normed && name == "decoder";
    const auto normed = [&](Tensor y) { return norm(stack / "layernorm_embedding", y, s_.norm); };
    if (s_.embedding_norms && tokens_normed) x = normed(x);
    x = g.add(x, positions(axis, stack, tokens, name == "encoder"));
    return s_.embedding_norms && !tokens_normed ? normed(x) : x;
  }

  /// What is added to the embeddings, [T, hidden]. `whole`: the step has whole sequences, so that padding in them is
  /// not counted.
  Tensor positions(const TokenAxis& axis, const Scope& stack, Tensor tokens, bool whole) const {
    Graph& g = *axis.graph;
    const Tensor offset = g.scalar_i32(static_cast<int32_t>(s_.position_offset), 1);
    if (s_.positions == PositionKind::kLearned) {
      const Tensor table = (stack / "embed_positions").param("weight", {s_.context + s_.position_offset, s_.hidden});
      return g.gather(table, g.add(axis.positions, offset));
    }
    if (!s_.padding_has_no_position) return sinusoids(g, g.add(axis.positions, offset), s_.frequencies);
    const Tensor counts =
        g.compare(sdk::Compare::kNe, tokens, g.scalar_i32(static_cast<int32_t>(s_.pad_token), 1));
    Tensor at = axis.positions;
    if (whole) {
      const Tensor before = g.cumsum(g.cast(counts, WEFT_I32), 0, true);  // of all sequences before the token
      at = g.sub(before, g.gather(before, g.gather(axis.seq_start, axis.token_seq)));
    }
    const Tensor rows = sinusoids(g, g.add(at, offset), s_.frequencies);
    return g.select(g.reshape(counts, {axis.T, 1}), rows, g.scalar(0, 2));
  }

  /// One branch of a layer around the stream x [T, hidden], with the norm of this name.
  template <class F>
  Tensor branch(const Scope& layer, std::string_view name, Tensor x, F&& f) const {
    Graph& g = layer.graph();
    if (s_.norm_first) return g.add(x, f(norm(layer / name, x, s_.norm)));
    return norm(layer / name, g.add(x, f(x)), s_.norm);
  }

  Tensor feed_forward(const Scope& layer, Tensor x, int64_t inner) const {
    return branch(layer, "final_layer_norm", x, [&](Tensor h) {
      h = linear(layer / "fc1", h, s_.hidden, inner, true, s_.activation);
      return linear(layer / "fc2", h, inner, s_.hidden, true);
    });
  }

  Tensor encode(const TokenAxis& axis, Tensor tokens) const {
    const Scope stack = Scope(*axis.graph) / "model" / "encoder";
    Tensor x = embed(axis, "encoder", tokens);
    for (int64_t i = 0; i < s_.encoder.layers; ++i) {
      const Scope layer = stack / "layers" / i;
      x = branch(layer, "self_attn_layer_norm", x, [&](Tensor h) {
        return attention_in_step(layer / "self_attn", axis, h, nullptr, {}, s_.encoder.attention);
      });
      x = feed_forward(layer, x, s_.encoder.inner);
    }
    return s_.final_norms ? norm(stack / "layer_norm", x, s_.norm) : x;
  }

  /// attend(layer, index, self, x [T, hidden]) -> [T, hidden]: a layer's attention to its own sequence, or to what the
  /// encoder has read.
  template <class Attend>
  Tensor decode(const TokenAxis& axis, Tensor tokens, Attend&& attend) const {
    const Scope stack = Scope(*axis.graph) / "model" / "decoder";
    Tensor x = embed(axis, "decoder", tokens);
    for (int64_t i = 0; i < s_.decoder.layers; ++i) {
      const Scope layer = stack / "layers" / i;
      x = branch(layer, "self_attn_layer_norm", x, [&](Tensor h) { return attend(layer, i, true, h); });
      if (!s_.decoder_alone)
        x = branch(layer, "encoder_attn_layer_norm", x, [&](Tensor h) { return attend(layer, i, false, h); });
      x = feed_forward(layer, x, s_.decoder.inner);
    }
    return s_.final_norms ? norm(stack / "layer_norm", x, s_.norm) : x;
  }

  /// Each token of x [T, hidden] attends to all of `encoded` [T, hidden] of its sequence.
  Tensor attention_to(
      const Scope& scope, const TokenAxis& axis, Tensor x, Tensor encoded, const AttentionShape& a) const {
    Graph& g = scope.graph();
    const auto project = [&](std::string_view name, Tensor y) {
      return g.reshape(linear(scope / name, y, s_.hidden, s_.hidden, a.qkv_bias), {axis.T, a.heads, a.head_dim});
    };
    AttentionRule rule = a.rule;
    rule.causal = false;
    const Tensor q = project("q_proj", x), k = project("k_proj", encoded), v = project("v_proj", encoded);
    const Tensor y = ragged_attention(g, axis, q, k, v, {}, rule);
    return linear(scope / "o_proj", g.reshape(y, {axis.T, s_.hidden}), s_.hidden, s_.hidden, a.out_bias);
  }

  /// x [R, hidden] -> [R, vocab].
  Tensor logits(Graph& g, Tensor x) const {
    const Tensor y = linear(Scope(g) / "lm_head", x, s_.hidden, s_.vocab, false);
    return s_.logits_bias ? g.add(y, g.reshape(g.param("final_logits_bias", {s_.vocab}), {1, s_.vocab})) : y;
  }

  /// The tokens [T] of each sequence, each in the place of the one after it.
  Tensor shifted(const TokenAxis& axis, Tensor tokens) const {
    Graph& g = *axis.graph;
    const auto number = [&](int64_t n) { return g.scalar_i32(static_cast<int32_t>(n), 1); };
    const Tensor begin = g.gather(axis.seq_start, axis.token_seq);  // [T]: where its sequence begins
    Tensor first = number(s_.start_token);
    if (s_.shift == ShiftKind::kBehindLast) {
      const Tensor counts = g.cast(g.compare(sdk::Compare::kNe, tokens, number(s_.pad_token)), WEFT_I32);
      const Tensor before = g.cumsum(counts, 0, true);
      const Tensor last = g.sub(g.slice(axis.seq_start, 0, 1, axis.S), number(1));  // [S]
      const Tensor total = g.sub(g.add(g.gather(before, last), g.gather(counts, last)),
          g.gather(before, g.slice(axis.seq_start, 0, 0, axis.S)));  // [S]: tokens that are no padding
      const Tensor behind = g.max(g.sub(g.gather(total, axis.token_seq), number(1)), number(0));
      first = g.gather(tokens, g.add(begin, behind));
    }
    const Tensor at = g.iota({axis.T}, 0);
    const Tensor before = g.gather(tokens, g.max(g.sub(at, number(1)), number(0)));
    return g.select(g.compare(sdk::Compare::kEq, at, begin), first, before);
  }

  /// Each sequence's row of x [T, hidden] at its last end token, [S, hidden]; NaN where it has none.
  Tensor at_last_end(const TokenAxis& axis, Tensor tokens, Tensor x) const {
    Graph& g = *axis.graph;
    const Tensor end = g.scalar_i32(static_cast<int32_t>(s_.end_token), 1);
    const Tensor is_end = g.cast(g.compare(sdk::Compare::kEq, tokens, end), WEFT_I32);
    const Tensor before = g.cumsum(is_end, 0, true);
    const Tensor last = g.sub(g.slice(axis.seq_start, 0, 1, axis.S), g.scalar_i32(1, 1));  // [S]
    const Tensor total = g.add(g.gather(before, last), g.gather(is_end, last));  // [S]: of all sequences so far
    const Tensor none_after = g.compare(sdk::Compare::kEq, g.add(before, is_end), g.gather(total, axis.token_seq));
    const auto zeros = [&](int64_t width) { return g.broadcast(g.scalar(0, 2), {axis.S, width}); };
    const Tensor marks = g.reshape(g.cast(g.mul(is_end, g.cast(none_after, WEFT_I32)), WEFT_F32), {axis.T, 1});
    const Tensor found = g.scatter_add(zeros(1), axis.token_seq, marks);  // [S, 1]
    const Tensor row = g.scatter_add(zeros(s_.hidden), axis.token_seq, g.mul(x, marks));
    const Tensor none = g.scalar(std::numeric_limits<float>::quiet_NaN(), 2);
    return g.select(g.compare(sdk::Compare::kGt, found, g.scalar(0, 2)), row, none);
  }

  EncoderDecoderShape s_;
};

}  // namespace weft::blocks
