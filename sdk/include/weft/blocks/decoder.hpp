// The decoder that most families of text models are: embeddings, layers of attention and MLP around a residual stream,
// a final norm and a head. Without a head it is an encoder. A family states what is its own as a DecoderShape; the
// forward pass is here.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "weft/blocks/attention.hpp"
#include "weft/blocks/moe.hpp"
#include "weft/blocks/step.hpp"
#include "weft/sdk/architecture.hpp"

namespace weft::blocks {

struct MlpShape {
  int64_t inner = 0;
  Activation activation = Activation::kSilu;
  bool gated = true, bias = false;
};

/// Where norms stand around a layer's two branches. An empty name: there is no norm.
struct Residual {
  std::string before_attention = "input_layernorm", after_attention = "";
  std::string before_mlp = "post_attention_layernorm", after_mlp = "";
  bool mlp = true;         // false: a layer has its first branch alone
  // Both branches read the layer's input; if the norms before them have equal names, they are one.
  bool parallel = false;
  bool norm_sum = false;   // the norms "after" are applied to the sum of stream and branch, not to the branch
  bool of_normed = false;  // a branch is added to the output of the norm before it, not to the stream
  double scale = 1;        // multiplies each branch
};

/// A branch that a family writes itself, for layer `i` with the parameters under `layer`. x: [T, hidden] -> [T,
/// hidden].
using Branch = std::function<Tensor(const Step& step, const Scope& layer, std::size_t i, Tensor x)>;

/// What a layer's first branch is: attention; or DecoderShape::mixer, with states that are paged (kPaged) or of which
/// each sequence keeps one (kKept), or without states, where all graphs are given whole sequences (kStateless).
enum class MixerKind { kAttention, kPaged, kKept, kStateless };

struct LayerShape {
  bool norm_first = true;  // false: it has no norm before its first branch, whatever Residual says
  int64_t parameters_of = -1;  // the layer whose parameters it has; -1: it has its own
  MixerKind mixer = MixerKind::kAttention;
  int64_t window = 0;  // how many of the last tokens attention sees; 0: all
  int rope = 0;        // index in DecoderShape::ropes; -1: no rope
  bool experts = false;
  double score_scale = 1;  // multiplies the scale of attention
  double eps_scale = 1;    // multiplies the epsilon of the layer's norms
};

/// A graph "<role>" whose output "logits" is made from the normed output of the last layer: of "classify-sequence" as
/// DecoderShape::sequence says, [S, hidden] -> [S, labels]; of other roles from each wanted row, [R, hidden] -> [R,
/// labels].
struct Head {
  std::string role;
  std::function<Tensor(const Scope& root, Tensor x)> logits;
};

/// What a head for sequences is given, or made of: the output at one token, the mean of the outputs at all tokens, or
/// the mean of what the head makes of each.
enum class SequenceOutput { kLastToken, kFirstToken, kMean, kMeanOfLogits };

struct DecoderShape {
  int64_t vocab = 0, hidden = 0, context = 0;
  Norm norm;
  AttentionShape attention;
  std::vector<Rope> ropes;
  MlpShape mlp;
  MoeShape moe;         // of the layers that have experts
  Branch mixer;         // the first branch of layers whose mixer is not kAttention
  Branch feed_forward;  // the second branch in place of the MLP; empty: the MLP
  // What a layer's input and output x and y [T, hidden] become together; parameters under `model`. Empty: y.
  std::function<Tensor(const Step& step, const Scope& model, std::size_t i, Tensor x, Tensor y)> after_layer;
  Residual residual;
  std::vector<LayerShape> layers;

  // Width of the embedding where it differs from `hidden`; then model.project_{in,out} map between them; 0: hidden.
  int64_t embedding = 0;
  // Tokens, positions and types are summed and normed in the embedding's width; model.project_in, which has a bias,
  // comes last.
  bool project_last = false;
  double embedding_scale = 1;
  bool embedding_norm = false;     // model.embed_layernorm
  bool learned_positions = false;  // model.embed_positions [context + position_offset, hidden]
  int64_t position_offset = 0;
  // >= 0: a token that counts for nothing: positions are those among the other tokens of the sequence, and its own is
  // the one before the first.
  int64_t uncounted = -1;
  int64_t token_types = 0;  // > 0: model.token_types [token_types, hidden], a row for each value of input token_types
  std::function<Tensor(const Scope& model, Tensor x)> more_embedding;  // adds to x [T, hidden] before it is normed
  std::function<Tensor(const Scope& model)> relative;  // biases by distance, see paged_attention; empty: none
  bool final_norm = true;
  double final_eps = 0;  // epsilon of the final norm; 0: that of the layers' norms
  bool tied = false, head_bias = false;
  double logit_scale = 1, logit_softcap = 0;
  bool encoder = false;  // no graph predicts tokens
  std::vector<Head> heads;  // each makes a graph of its own
  SequenceOutput sequence = SequenceOutput::kLastToken;
  int64_t pad_token = -1;  // of kLastToken: tokens behind the last other one are passed over; -1: there is none
};

/// Soft cap: cap * tanh(x / cap). x: [R, V].
WEFT_SDK_INLINE Tensor soft_cap(Graph& g, Tensor x, double cap) {
  const float c = static_cast<float>(cap);
  return g.mul(g.tanh(g.mul(x, g.scalar(1 / c, 2))), g.scalar(c, 2));
}

WEFT_SDK_INLINE Tensor scaled(Graph& g, Tensor x, double by) {
  return by == 1 ? x : g.mul(x, g.scalar(static_cast<float>(by), g.dims(x).size()));
}

class Decoder final : public sdk::Model {
 public:
  explicit Decoder(DecoderShape shape) : s_(std::move(shape)) {}

  int64_t vocab_size() const override { return s_.vocab; }
  int64_t max_context() const override { return s_.context; }
  std::vector<sdk::GraphInfo> graphs() const override {
    std::vector<sdk::GraphInfo> all;
    if (!s_.encoder) all.push_back({"step", WEFT_ROLE_PREDICT_TOKENS, false});
    all.push_back({"embed", WEFT_ROLE_HIDDEN_STATES, true});
    for (const Head& h : s_.heads) all.push_back({h.role, h.role, true});
    return all;
  }

  WEFT_SDK_INLINE void build(std::string_view graph, Graph& g) const override {
    std::vector<int64_t> windows;
    bool kept = false;
    for (const LayerShape& l : s_.layers) {
      kept = kept || l.mixer == MixerKind::kKept;
      const bool paged = l.mixer == MixerKind::kAttention || l.mixer == MixerKind::kPaged;
      if (paged && !attends_in_step(graph)) windows.push_back(l.window);
    }
    const Step step(g, windows, kept, s_.ropes);
    const Scope model = Scope(g) / "model";
    const int64_t width = s_.embedding ? s_.embedding : s_.hidden;
    Tensor embeddings = (model / "embed_tokens").param("weight", {s_.vocab, width});
    Tensor x = embed(step.axis, model, embeddings, width);  // [T, hidden]
    const Tensor relative = s_.relative ? s_.relative(model) : Tensor{};
    for (std::size_t i = 0; i < s_.layers.size(); ++i) {
      const int64_t of = s_.layers[i].parameters_of < 0 ? static_cast<int64_t>(i) : s_.layers[i].parameters_of;
      const Tensor y = layer(step, model / "layers" / of, i, x, relative);
      x = s_.after_layer ? s_.after_layer(step, model, i, x, y) : y;
    }
    const auto head = std::find_if(s_.heads.begin(), s_.heads.end(), [&](const Head& h) { return h.role == graph; });
    const bool sequences = graph == WEFT_ROLE_CLASSIFY_SEQUENCE;
    const bool mean = sequences && s_.sequence == SequenceOutput::kMean;
    const bool mean_of_logits = sequences && s_.sequence == SequenceOutput::kMeanOfLogits;
    const bool all = mean || mean_of_logits;
    if (!all) x = sequences ? one_a_sequence(step.axis, x) : wanted_rows(g, x);  // [S or R, hidden]; all: [T, hidden]
    Norm last = s_.norm;
    if (s_.final_eps > 0) last.eps = s_.final_eps;
    if (s_.final_norm) x = norm(model / "norm", x, last);
    if (graph == "embed") return g.output("hidden", x);
    if (mean) x = mean_of_sequences(step.axis, x);
    if (head != s_.heads.end()) {
      const Tensor y = head->logits(Scope(g), x);
      return g.output("logits", mean_of_logits ? mean_of_sequences(step.axis, y) : y);
    }
    if (s_.embedding) x = linear(model / "project_out", x, s_.hidden, width, false);
    const Scope lm_head = Scope(g) / "lm_head";
    Tensor y = g.matmul(x, s_.tied ? embeddings : lm_head.param("weight", {s_.vocab, width}), true);  // [R, vocab]
    if (s_.head_bias) y = g.add(y, g.reshape(lm_head.param("bias", {s_.vocab}), {1, s_.vocab}));
    y = scaled(g, y, s_.logit_scale);
    if (s_.logit_softcap > 0) y = soft_cap(g, y, s_.logit_softcap);
    g.output("logits", y);
  }

 private:
  /// Whether attention needs no states: a graph other than "step" is given whole sequences.
  bool attends_in_step(std::string_view graph) const {
    const auto paged = [](const LayerShape& l) { return l.mixer == MixerKind::kPaged; };
    return graph != "step" && std::none_of(s_.layers.begin(), s_.layers.end(), paged);
  }

  /// The rows of x [T, hidden] that stand for their sequences, [S, hidden].
  Tensor one_a_sequence(const TokenAxis& axis, Tensor x) const {
    Graph& g = *axis.graph;
    const Tensor begin = g.slice(axis.seq_start, 0, 0, axis.S), end = g.slice(axis.seq_start, 0, 1, axis.S);
    if (s_.sequence == SequenceOutput::kFirstToken) return g.gather(x, begin);
    if (s_.pad_token < 0) return g.gather(x, g.sub(end, g.scalar_i32(1, 1)));
    return g.gather(x, g.add(begin, last_unpadded(axis, begin, g.sub(end, begin))));
  }

  /// The mean of each sequence's rows of x [T, N], [S, N].
  Tensor mean_of_sequences(const TokenAxis& axis, Tensor x) const {
    Graph& g = *axis.graph;
    const Tensor begin = g.slice(axis.seq_start, 0, 0, axis.S), end = g.slice(axis.seq_start, 0, 1, axis.S);
    const Tensor zeros = g.broadcast(g.scalar(0, 2), {axis.S, g.dims(x)[1]});
    const Tensor count = g.reshape(g.cast(g.sub(end, begin), WEFT_F32), {axis.S, 1});
    return g.div(g.scatter_add(zeros, axis.token_seq, x), count);
  }

  /// How far after its begin each sequence has its last token that is no padding, [S]; 0: it is all padding. begin,
  /// count: [S].
  Tensor last_unpadded(const TokenAxis& axis, Tensor begin, Tensor count) const {
    Graph& g = *axis.graph;
    const Dim S = axis.S, Q = axis.Q;
    const Tensor j = g.iota({1, Q}, 1), none = g.scalar_i32(0, 2);
    const Tensor inside = g.compare(sdk::Compare::kLt, j, g.reshape(count, {S, 1}));  // [S, Q]
    const Tensor at = g.select(inside, g.add(g.reshape(begin, {S, 1}), j), g.scalar_i32(-1, 2));
    const Tensor ids = g.gather(g.input("tokens", WEFT_I32, {axis.T}), at);
    const Tensor other = g.compare(sdk::Compare::kNe, ids, g.scalar_i32(static_cast<int32_t>(s_.pad_token), 2));
    const Tensor place = g.select(inside, g.select(other, j, none), none);
    const Tensor last = g.reduce(sdk::Reduce::kMax, g.cast(place, WEFT_F32), 1);  // [S, 1]
    return g.reshape(g.cast(last, WEFT_I32), {S});
  }

  Tensor embed(const TokenAxis& axis, const Scope& model, Tensor embeddings, int64_t width) const {
    Graph& g = model.graph();
    Tensor x = g.gather(embeddings, g.input("tokens", WEFT_I32, {axis.T}));
    x = scaled(g, x, s_.embedding_scale);
    if (s_.embedding && !s_.project_last) x = linear(model / "project_in", x, width, s_.hidden, false);
    const int64_t own = s_.project_last ? width : s_.hidden;
    if (s_.learned_positions) {
      Tensor table = (model / "embed_positions").param("weight", {s_.context + s_.position_offset, own});
      x = g.add(x, g.gather(table, position_rows(axis)));
    }
    if (s_.token_types > 0) {
      Tensor table = (model / "token_types").param("weight", {s_.token_types, own});
      x = g.add(x, g.gather(table, g.input("token_types", WEFT_I32, {axis.T})));
    }
    if (s_.more_embedding) x = s_.more_embedding(model, x);
    if (s_.embedding_norm) x = norm(model / "embed_layernorm", x, s_.norm);
    return s_.embedding && s_.project_last ? linear(model / "project_in", x, width, s_.hidden, true) : x;
  }

  /// Each token's row in the table of positions, [T].
  Tensor position_rows(const TokenAxis& axis) const {
    Graph& g = *axis.graph;
    const auto by = [&](int64_t offset) { return g.scalar_i32(static_cast<int32_t>(offset), 1); };
    if (s_.uncounted < 0) return g.add(axis.positions, by(s_.position_offset));
    const Tensor tokens = g.input("tokens", WEFT_I32, {axis.T});
    const Tensor other = g.compare(sdk::Compare::kNe, tokens, by(s_.uncounted));
    const Tensor counted = g.cast(other, WEFT_I32);  // 1 or 0
    const Tensor begin = g.gather(axis.seq_start, axis.token_seq);
    const Tensor before = g.gather(g.cumsum(counted, 0, true), begin);
    return g.add(g.mul(counted, g.sub(g.cumsum(counted, 0), before)), by(s_.position_offset - 1));
  }

  Tensor layer(const Step& step, const Scope& scope, std::size_t i, Tensor x, Tensor relative) const {
    const Residual& r = s_.residual;
    Norm own = s_.norm;
    own.eps *= s_.layers[i].eps_scale;
    const auto normed = [&](const std::string& name, Tensor y) {
      return name.empty() ? y : norm(scope / name, y, own);
    };
    const auto joined = [&](Tensor stream, Tensor branch, const std::string& name) {
      branch = scaled(scope.graph(), branch, r.scale);
      if (r.norm_sum) return normed(name, scope.graph().add(stream, branch));
      return scope.graph().add(stream, normed(name, branch));
    };
    Tensor h = s_.layers[i].norm_first ? normed(r.before_attention, x) : x;
    const bool attends = s_.layers[i].mixer == MixerKind::kAttention;
    Tensor branch = attends ? attend(step, scope / "self_attn", i, h, relative) : s_.mixer(step, scope, i, h);
    Tensor y = joined(r.of_normed ? h : x, branch, r.after_attention);
    if (!r.mlp) return y;
    if (!r.parallel)
      h = normed(r.before_mlp, y);
    else if (r.before_mlp != r.before_attention)
      h = normed(r.before_mlp, x);
    branch = s_.feed_forward ? s_.feed_forward(step, scope, i, h) : feed_forward_of(scope / "mlp", i, h);
    return joined(r.of_normed ? h : y, branch, r.after_mlp);
  }

  Tensor attend(const Step& step, const Scope& scope, std::size_t i, Tensor x, Tensor relative) const {
    const LayerShape& l = s_.layers[i];
    AttentionShape a = s_.attention;
    a.rule.window = l.window, a.relative = relative;
    a.rule.scale *= l.score_scale;
    const auto index = static_cast<std::size_t>(std::max(l.rope, 0));
    const RopeAngles* angles = l.rope < 0 ? nullptr : &step.angles.at(index);
    const Rope rope = l.rope < 0 ? Rope() : s_.ropes[index];
    if (step.paged.empty()) return attention_in_step(scope, step.axis, x, angles, rope, a);
    const StateGroup& kv = step.paged.at(l.window);
    return attention(scope, step.axis, kv.group, kv.id, "layers." + std::to_string(i), x, angles, rope, a);
  }

  Tensor feed_forward_of(const Scope& scope, std::size_t i, Tensor x) const {
    const MlpShape& m = s_.mlp;
    if (s_.layers[i].experts) return moe(scope, x, s_.moe);
    if (!m.gated) return plain_mlp(scope, x, s_.hidden, m.inner, m.activation, m.bias);
    return gated_mlp(scope, x, s_.hidden, m.inner, m.activation, m.bias);
  }

  DecoderShape s_;
};

}  // namespace weft::blocks

#include "weft/blocks/decoder_config.hpp"
#include "weft/sdk/inline.hpp"
