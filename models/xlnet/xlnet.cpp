// xlnet: an encoder whose attention has scores of queries with sinusoids of distances, and with whether two tokens are
// of one type.
#include <limits>

#include "weft/blocks/encoder.hpp"
#include "weft/blocks/sinusoids.hpp"
#include "weft/sdk/family.hpp"

namespace weft::xlnet {

using namespace sdk;
using blocks::linear, blocks::Scope, blocks::Step, blocks::Tensor;

struct Relative {
  blocks::AttentionShape attention;
  std::vector<float> frequencies;
  int64_t furthest = 0;  // > 0: distances beyond it count as it
};

/// x: [T, hidden] -> [T, hidden] (Dai et al. 2019, Yang et al. 2019). Parameters under `layer`'s self_attn:
/// {q,k,v,o,r}_proj, r_{w,r,s}_bias [heads, head_dim], seg_embed [2, heads, head_dim].
Tensor attend(const Relative& r, const Step& step, const Scope& layer, Tensor x) {
  Graph& g = layer.graph();
  const Scope scope = layer / "self_attn";
  const blocks::AttentionShape& a = r.attention;
  const Dim S = step.axis.S, Q = step.axis.Q;
  const int64_t H = a.heads, D = a.head_dim, width = H * D;
  const blocks::PaddedTokens tokens(g, step.axis.seq_start, step.axis.token_seq);
  const auto project = [&](std::string_view name) {  // [S, H, Q, D]
    const Tensor y = g.reshape(linear(scope / name, x, a.hidden, width, false), {step.axis.T, H, D});
    return g.reshape(tokens.pad(y, 1), {S, H, Q, D});
  };
  const Tensor q = project("q_proj"), k = project("k_proj"), v = project("v_proj");
  const auto biased = [&](std::string_view name) {
    return g.add(q, g.reshape(scope.param(name, {H, D}), {1, H, 1, D}));
  };
  Tensor score = g.matmul(biased("r_w_bias"), k, true);  // [S, H, Q, Q]

  // A query's scores with the distances to keys behind it, or ahead of it, and each key's own of them.
  const Tensor relative = biased("r_r_bias"), difference = g.sub(g.iota({Q, 1}, 0), g.iota({1, Q}, 1)),
               zero = g.scalar_i32(0, 2);
  const auto scores = [&](int32_t sign) {  // [S, H, Q, Q]
    Tensor distance = g.iota({Q}, 0);
    if (r.furthest > 0) distance = g.min(distance, g.scalar_i32(static_cast<int32_t>(r.furthest), 1));
    distance = g.mul(distance, g.scalar_i32(sign, 1));
    Tensor keys = linear(scope / "r_proj", blocks::sinusoids(g, distance, r.frequencies), a.hidden, width, false);
    keys = g.reshape(g.transpose(g.reshape(keys, {Q, H, D}), {1, 0, 2}), {1, H, Q, D});
    const Tensor all = g.transpose(g.matmul(relative, keys, true), {2, 3, 0, 1});  // [Q, Q, S, H]
    const Tensor row = g.max(g.mul(difference, g.scalar_i32(sign, 2)), zero);
    return g.transpose(g.gather(all, row, 1, 1), {2, 3, 0, 1});
  };
  const Tensor ahead = g.reshape(g.compare(Compare::kLt, difference, zero), {1, 1, Q, Q});
  score = g.add(score, g.select(ahead, scores(-1), scores(1)));

  const Tensor types = g.gather(g.input("token_types", WEFT_I32, {step.axis.T}), tokens.token);  // [S, Q]
  const Tensor differs =
      g.compare(Compare::kNe, g.reshape(types, {S, 1, Q, 1}), g.reshape(types, {S, 1, 1, Q}));
  const Tensor kinds = g.reshape(g.transpose(scope.param("seg_embed", {2, H, D}), {1, 0, 2}), {1, H, 2, D});
  const Tensor of_kind = g.matmul(biased("r_s_bias"), kinds, true);  // [S, H, Q, 2]
  score = g.add(score, g.select(differs, g.slice(of_kind, 3, 1, 1), g.slice(of_kind, 3, 0, 1)));

  score = g.mul(score, g.scalar(static_cast<float>(a.rule.scale), 4));
  const Tensor hidden = g.scalar(-std::numeric_limits<float>::infinity(), 4);
  score = g.select(g.reshape(tokens.there, {S, 1, 1, Q}), score, hidden);
  const Tensor y = tokens.unpad(g.reshape(g.matmul(blocks::softmax(g, score), v), {S, H, 1, Q, D}));
  return linear(scope / "o_proj", g.reshape(y, {step.axis.T, width}), width, a.hidden, false);
}

struct XlNet : Family {
  static constexpr std::string_view kType = "xlnet";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("xlnet", json);
    c.alias("hidden_size", "d_model"), c.alias("num_hidden_layers", "n_layer");
    c.alias("num_attention_heads", "n_head");
    c.alias("intermediate_size", "d_inner"), c.alias("hidden_act", "ff_activation"), c.alias("vocab_size", "n_token");
    auto d = blocks::kBertDefaults;
    d.vocab = 32000, d.hidden = 1024, d.layers = 24, d.heads = 16, d.inner = 4096;
    d.context = 1 << 10;  // distances have no end, but all pairs of tokens have scores in memory
    blocks::DecoderShape s = blocks::read_encoder(c, d);
    s.learned_positions = s.embedding_norm = false;
    if (s.hidden % 2 != 0) refuse(c.at("d_model") + " is odd");
    if (c.has("d_head")) c.only_number("d_head", s.attention.head_dim);
    const std::string sees = c.text_or("attn_type", "bi");
    if (sees != "bi") refuse(c.at("attn_type") + " is \"" + sees + "\", only bi is implemented");
    c.only("bi_data", false), c.only("untie_r", true);
    Relative r;
    r.attention = s.attention;
    r.furthest = c.integer_or("clamp_len", -1, -1, 1 << 20);
    for (int64_t i = 0; i < s.hidden / 2; ++i)
      r.frequencies.push_back(
          static_cast<float>(std::pow(10000.0, -2 * static_cast<double>(i) / static_cast<double>(s.hidden))));
    for (blocks::LayerShape& l : s.layers) l.mixer = blocks::MixerKind::kStateless;
    s.mixer = [r](const Step& step, const Scope& layer, std::size_t, Tensor x) { return attend(r, step, layer, x); };
    add_heads(c, s);
    c.harmless({"dropout", "end_n_top", "start_n_top", "init", "init_range", "init_std", "mem_len", "reuse_len",
        "same_length", "summary_last_dropout", "use_mems_eval", "use_mems_train", "use_mems"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "transformer.",
        {"lm_loss.", "sequence_summary.", "logits_proj.", "classifier.", "qa_outputs.", "start_logits.", "end_logits.",
            "answer_class."});
    n.ignored.emplace_back("mask_emb", "of predicting tokens in another order");
    n.rules = {{"model.embed_tokens", "word_embedding"}, {"model.layers", "layer"},
        {"self_attn.q_proj.weight", "rel_attn.q", heads_in}, {"self_attn.k_proj.weight", "rel_attn.k", heads_in},
        {"self_attn.v_proj.weight", "rel_attn.v", heads_in}, {"self_attn.r_proj.weight", "rel_attn.r", heads_in},
        {"self_attn.o_proj.weight", "rel_attn.o", heads_out}, {"self_attn", "rel_attn"},
        {"mlp.up_proj", "ff.layer_1"}, {"mlp.down_proj", "ff.layer_2"},
        {"post_attention_layernorm", "rel_attn.layer_norm"}, {"post_feedforward_layernorm", "ff.layer_norm"}};
    return n;
  }

 private:
  /// [hidden, heads, head_dim] as a matrix of `hidden` rows.
  static Stored heads_out(Stored s) {
    if (s.dims.size() != 3) refuse("tensor " + s.name + " is no matrix of heads");
    s.dims = {s.dims[0], s.dims[1] * s.dims[2]};
    s.value = s.value.reshape(s.dims);
    return s;
  }
  static Stored heads_in(Stored s) { return transposed(heads_out(std::move(s))); }

  static void add_heads(Config& c, blocks::DecoderShape& s) {
    const std::string summary = c.text_or("summary_type", "last");
    if (summary != "last" && summary != "first" && summary != "mean")
      refuse(c.at("summary_type") + " is \"" + summary + "\", expected last, first or mean");
    s.sequence = summary == "last"    ? blocks::SequenceOutput::kLastToken
                 : summary == "first" ? blocks::SequenceOutput::kFirstToken
                                      : blocks::SequenceOutput::kMean;
    c.only("summary_use_proj", true), c.only("summary_proj_to_labels", false);
    const std::string activation = c.text_or("summary_activation", "tanh");
    if (activation != "tanh")
      refuse(c.at("summary_activation") + " is \"" + activation + "\", only tanh is implemented");
    if (blocks::names_class(c, "ForQuestionAnswering"))
      refuse(c.at("architectures") + " has XLNetForQuestionAnswering, whose search is not implemented");
    blocks::add_encoder_heads(
        c, s, {.dense = "sequence_summary.summary", .labels = "logits_proj", .spans = "", .masked = ""});
    if (!blocks::may_be(c, "ForQuestionAnsweringSimple")) return;
    s.heads.push_back({WEFT_ROLE_CLASSIFY_SPANS, [hidden = s.hidden](const Scope& root, Tensor x) {
                         return linear(root / "qa_outputs", x, hidden, 2, true);
                       }});
  }
};

}  // namespace weft::xlnet

WEFT_FAMILY("weft.xlnet", weft::xlnet::XlNet)
