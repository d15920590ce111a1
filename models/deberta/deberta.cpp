// deberta, deberta-v2: encoders whose attention has scores of content with content, and of content with distance.
#include "weft/blocks/encoder.hpp"
#include "weft/blocks/neighbours.hpp"
#include "weft/sdk/family.hpp"

namespace weft::deberta {

using namespace sdk;
using blocks::linear, blocks::Scope, blocks::Step, blocks::Tensor;

/// What the two types' attention differs in, and how it counts distances.
struct Disentangled {
  blocks::AttentionShape attention;
  blocks::Norm norm;
  bool relative = false, from_content = false, from_position = false;  // c2p, p2c
  bool shared_keys = false;    // distances are projected by what projects tokens
  bool norm_distances = false;
  bool second = false;         // deberta-v2's biases
  int64_t span = 0;            // distances from -span to span - 1 have an embedding each
  int64_t buckets = 0;         // > 0: far distances share them, up to `furthest`
  int64_t furthest = 0;
};

/// The embedding's row of a key `behind` positions before its query, which is before it where `behind` > 0. Computed in
/// f32, as where the weights were trained.
int32_t row_of(const Disentangled& d, int64_t behind) {
  int64_t distance = behind;
  const int64_t middle = d.buckets / 2;
  if (d.buckets > 0 && std::abs(behind) > middle) {
    const float ratio = std::log(static_cast<float>(std::abs(behind)) / static_cast<float>(middle)) /
                        std::log(static_cast<float>(static_cast<double>(d.furthest - 1) / static_cast<double>(middle)));
    const auto far = static_cast<int64_t>(std::ceil(ratio * static_cast<float>(middle - 1))) + middle;
    distance = behind > 0 ? far : -far;
  }
  return static_cast<int32_t>(std::clamp<int64_t>(distance + d.span, 0, 2 * d.span - 1));
}

/// x: [T, hidden] -> [T, hidden] (He et al. 2021). Parameters under `layer`:
/// self_attn.{q,k,v,o,pos_key,pos_query}_proj.
Tensor attend(const Disentangled& d, const Step& step, const Scope& layer, Tensor x) {
  Graph& g = layer.graph();
  const Scope scope = layer / "self_attn";
  const blocks::AttentionShape& a = d.attention;
  const Dim S = step.axis.S, Q = step.axis.Q;
  const int64_t H = a.heads, D = a.head_dim, width = H * D;
  const blocks::PaddedTokens tokens(g, step.axis.seq_start, step.axis.token_seq);
  const auto project = [&](std::string_view name, bool bias) {  // [S, H, Q, D]
    const Tensor y = linear(scope / name, x, a.hidden, width, bias);
    return g.reshape(tokens.pad(g.reshape(y, {step.axis.T, H, D}), 1), {S, H, Q, D});
  };
  const Tensor q = project("q_proj", true), k = project("k_proj", d.second), v = project("v_proj", true);
  Tensor score = g.matmul(q, k, true);  // [S, H, Q, Q]
  if (d.relative && (d.from_content || d.from_position)) {
    Tensor distances = (Scope(g) / "model" / "rel_embeddings").param("weight", {2 * d.span, a.hidden});
    if (d.norm_distances) distances = blocks::norm(Scope(g) / "model" / "rel_norm", distances, d.norm);
    std::vector<int32_t> rows;
    const int64_t most = std::max(d.span, d.furthest);  // beyond it the row is that of `most`
    for (int64_t behind = -most; behind <= most; ++behind) rows.push_back(row_of(d, behind));
    const Tensor table = g.constant(rows, {2 * most + 1});
    const Tensor least = g.scalar_i32(static_cast<int32_t>(-most), 2);
    const Tensor greatest = g.scalar_i32(static_cast<int32_t>(most), 2);
    // Scores of each token of `content` with the distances to all others: [S, H, tokens, others].
    const auto scores = [&](Tensor content, std::string_view name, bool bias, bool of_queries) {
      Tensor p = linear(scope / name, distances, a.hidden, width, bias);
      p = g.reshape(g.transpose(g.reshape(p, {2 * d.span, H, D}), {1, 0, 2}), {1, H, 2 * d.span, D});
      const Tensor all = g.transpose(g.matmul(content, p, true), {2, 3, 0, 1});  // [Q, 2 span, S, H]
      const Tensor own = g.iota({Q, 1}, 0), other = g.iota({1, Q}, 1);
      const Tensor behind = of_queries ? g.sub(own, other) : g.sub(other, own);  // [Q, Q]
      const Tensor row = g.gather(table, g.add(g.min(g.max(behind, least), greatest), greatest));
      return g.transpose(g.gather(all, row, 1, 1), of_queries ? Dims{2, 3, 0, 1} : Dims{2, 3, 1, 0});
    };
    const std::string_view key = d.shared_keys ? "k_proj" : "pos_key_proj";
    const std::string_view query = d.shared_keys ? "q_proj" : "pos_query_proj";
    if (d.from_content) score = g.add(score, scores(q, key, d.second, true));
    if (d.from_position) score = g.add(score, scores(k, query, true, false));
  }
  const int parts = 1 + (d.from_content ? 1 : 0) + (d.from_position ? 1 : 0);
  score = g.mul(score, g.scalar(static_cast<float>(1 / std::sqrt(static_cast<double>(D * parts))), 4));
  const Tensor hidden = g.scalar(-std::numeric_limits<float>::infinity(), 4);
  score = g.select(g.reshape(tokens.there, {S, 1, 1, Q}), score, hidden);
  const Tensor y = tokens.unpad(g.reshape(g.matmul(blocks::softmax(g, score), v), {S, H, 1, Q, D}));
  return linear(scope / "o_proj", g.reshape(y, {step.axis.T, width}), width, a.hidden, true);
}

/// The kinds of scores in pos_att_type: a list, or one string with '|' between them.
void read_scores(Config& c, Disentangled& d) {
  const Json said = c.get("pos_att_type");
  std::vector<std::string> kinds;
  if (said.is_string()) {
    std::string text(said.string());
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('|', at), text.size());
      kinds.push_back(text.substr(at, end - at)), at = end + 1;
    }
  }
  for (uint64_t i = 0; i < (said.is_array() ? said.size() : 0); ++i) kinds.emplace_back(said.at(i).string());
  for (const std::string& kind : kinds) {
    if (kind == "c2p") d.from_content = true;
    else if (kind == "p2c") d.from_position = true;
    else if (!kind.empty()) refuse(c.at("pos_att_type") + " has \"" + kind + "\", expected c2p or p2c");
  }
}

std::unique_ptr<Model> make_model(std::string_view type, const Json& json, blocks::DecoderDefaults defaults) {
  const bool second = type == "deberta-v2";
  Config c(std::string(type), json);
  defaults.eps = 1e-7;
  blocks::DecoderShape s = blocks::read_encoder(c, defaults);
  s.token_types = c.integer_or("type_vocab_size", 0, 0, 1 << 20);
  s.learned_positions = c.flag_or("position_biased_input", true);
  c.only_number("embedding_size", s.hidden), c.only_number("pooler_hidden_size", s.hidden);
  c.only("talking_head", false);
  Disentangled d;
  d.attention = s.attention, d.norm = s.norm, d.second = second;
  if (c.has("attention_head_size")) c.only_number("attention_head_size", d.attention.head_dim);
  read_scores(c, d);
  d.relative = c.flag_or("relative_attention", false);
  d.furthest = c.integer_or("max_relative_positions", -1, -1, 1 << 16);
  if (d.furthest < 1) d.furthest = std::min<int64_t>(s.context, 1 << 16);
  d.span = d.furthest;
  if (second) {
    d.buckets = std::max<int64_t>(c.integer_or("position_buckets", -1, -1, 1 << 16), 0);
    if (d.buckets > 0 && (d.buckets < 4 || d.furthest <= d.buckets / 2 + 1))
      refuse(c.at("position_buckets") + " is " + std::to_string(d.buckets) +
             ", expected 4 or more, and less than twice max_relative_positions " + std::to_string(d.furthest));
    if (d.buckets > 0) d.span = d.buckets;
    d.shared_keys = c.flag_or("share_att_key", false);
    const std::string norms = c.text_or("norm_rel_ebd", "none");
    if (norms != "none" && norms != "layer_norm")
      refuse(c.at("norm_rel_ebd") + " is \"" + norms + "\", expected none or layer_norm");
    d.norm_distances = norms == "layer_norm";
    if (const int64_t kernel = c.integer_or("conv_kernel_size", 0, 0, 255); kernel > 0) {
      c.only_number("conv_groups", 1);
      if (kernel % 2 == 0) refuse(c.at("conv_kernel_size") + " is even");
      const std::string act = c.text_or("conv_act", "tanh");
      std::optional<blocks::Activation> activation;
      if (act != "tanh") activation = blocks::read_activation(c, "conv_act", "gelu");
      s.after_layer = [=, hidden = s.hidden, norm = s.norm](
                          const Step& step, const Scope& model, std::size_t i, Tensor x, Tensor y) {
        if (i > 0) return y;
        Graph& g = model.graph();
        const Tensor near = g.reshape(blocks::neighbours(step.axis, x, kernel), {step.axis.T, kernel * hidden});
        Tensor z = linear(model / "conv", near, kernel * hidden, hidden, true, activation);
        if (!activation) z = g.tanh(z);
        return blocks::norm(model / "conv_norm", g.add(y, z), norm);
      };
    }
  } else {
    c.harmless({"position_buckets", "share_att_key", "norm_rel_ebd"});
  }
  for (blocks::LayerShape& l : s.layers) l.mixer = blocks::MixerKind::kStateless;
  s.mixer = [d](const Step& step, const Scope& layer, std::size_t, Tensor x) { return attend(d, step, layer, x); };
  std::optional<blocks::Activation> pooler = blocks::Activation::kGelu;
  if (c.text_or("pooler_hidden_act", "gelu") == "tanh") pooler.reset();
  else pooler = blocks::read_activation(c, "pooler_hidden_act", "gelu");
  const bool legacy = c.flag_or("legacy", true);
  if (!legacy) s.tied = true;  // that head has no table of its own, whatever tie_word_embeddings says
  blocks::add_encoder_heads(c, s, {.dense = "pooler.dense", .labels = "classifier", .activation = pooler,
                                      .masked = legacy ? "cls.predictions" : "lm_predictions.lm_head"});
  c.harmless({"cls_dropout", "conv_act", "conv_groups", "conv_kernel_size", "pooler_dropout"});
  c.finish();
  return std::make_unique<blocks::Decoder>(std::move(s));
}

/// [out, in, kernel] to [out, kernel in].
Stored by_neighbours(Stored s) {
  if (s.dims.size() != 3) return s;  // the bias
  s.dims = {s.dims[0], s.dims[1] * s.dims[2]};
  s.value = s.value.permute({0, 2, 1}).reshape(s.dims);
  return s;
}

Names names(const Json& config) {
  Names n = blocks::encoder_names(config, "deberta.",
      {"cls.", "lm_predictions.", "mask_predictions.", "classifier.", "qa_outputs.", "deberta.embeddings.position_"});
  n.ignored.emplace_back("embeddings.position_embeddings.weight", "position_biased_input is false");
  if (const Json legacy = config["legacy"]; legacy.is_bool() && legacy.integer() == 0)
    n.ties = {{"lm_predictions.lm_head.decoder.weight", "model.embed_tokens.weight"}};
  return std::move(n).with({{"model.rel_embeddings", "encoder.rel_embeddings"}, {"model.rel_norm", "encoder.LayerNorm"},
      {"model.conv", "encoder.conv.conv", by_neighbours}, {"model.conv_norm", "encoder.conv.LayerNorm"},
      {"lm_predictions.lm_head.transform", "lm_predictions.lm_head"}});
}

struct Deberta : Family {
  static constexpr std::string_view kType = "deberta";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    auto d = blocks::kBertDefaults;
    d.vocab = 50265;
    return make_model(kType, json, d);
  }
  static Names hf(const Json& config) {
    Names n = names(config);
    std::vector<Rename> rules = grouped_qkv("attention.self.in_proj", config["num_attention_heads"].integer(), 1);
    n.rules.insert(n.rules.begin(), rules.begin(), rules.end());
    n.rules.insert(n.rules.begin(), {{"self_attn.q_proj.bias", "attention.self.q_bias", as_stored},
                                        {"self_attn.v_proj.bias", "attention.self.v_bias", as_stored},
                                        {"self_attn.pos_key_proj", "attention.self.pos_proj"},
                                        {"self_attn.pos_query_proj", "attention.self.pos_q_proj"}});
    n.rules.insert(n.rules.begin(), {"model.layers", "encoder.layer"});
    return n;
  }
};

struct DebertaV2 : Deberta {
  static constexpr std::string_view kType = "deberta-v2";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    auto d = blocks::kBertDefaults;
    d.vocab = 128100, d.hidden = 1536, d.layers = 24, d.heads = 24, d.inner = 6144;
    return make_model(kType, json, d);
  }
  static Names hf(const Json& config) {
    return names(config).with({{"attention.self.query", "attention.self.query_proj"},
        {"attention.self.key", "attention.self.key_proj"}, {"attention.self.value", "attention.self.value_proj"},
        {"self_attn.pos_key_proj", "attention.self.pos_key_proj"},
        {"self_attn.pos_query_proj", "attention.self.pos_query_proj"}});
  }
};

}  // namespace weft::deberta

WEFT_FAMILY("weft.deberta", weft::deberta::Deberta, weft::deberta::DebertaV2)
