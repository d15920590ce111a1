// t5, mt5, umt5: an encoder, and a decoder that attends to its output; positions are a bias of scores.
#include "weft/blocks/decoder.hpp"
#include "weft/blocks/relative_bias.hpp"
#include "weft/blocks/cross_attention.hpp"
#include "weft/sdk/family.hpp"

namespace weft::t5 {

using namespace sdk;
using blocks::StateGroup, blocks::TokenAxis;

struct Shape {
  int64_t vocab = 0, hidden = 0, encoder_layers = 0, decoder_layers = 0, start_token = -1;
  blocks::Norm norm;
  blocks::AttentionShape attention;
  blocks::MlpShape mlp;
  blocks::RelativeBias bias;
  bool bias_a_layer = false;  // false: all layers share the first one's bias
  bool encoder_alone = false;
  double head_scale = 1;  // multiplies the states before the head
};

class EncoderDecoder final : public Model {
 public:
  explicit EncoderDecoder(Shape shape) : s_(std::move(shape)) {}

  int64_t vocab_size() const override { return s_.vocab; }
  int64_t max_context() const override { return 1 << 20; }  // distances have no end
  int64_t start_token() const override { return s_.start_token; }
  std::vector<GraphInfo> graphs() const override {
    if (s_.encoder_alone) return {{"embed", WEFT_ROLE_HIDDEN_STATES, true}};
    return {{"step", WEFT_ROLE_PREDICT_TOKENS}, {"encode", WEFT_ROLE_READ_SOURCE, true}};
  }

  void build(std::string_view graph, Graph& g) const override {
    const TokenAxis axis(g);
    if (graph == "step") return decode(g, axis);
    const Tensor x = encode(g, axis);
    if (graph == "embed") return g.output("hidden", blocks::wanted_rows(g, x));
    const StateGroup encoder = blocks::cross_group(g);
    for (int64_t i = 0; i < s_.decoder_layers; ++i) {
      const Scope scope = Scope(g) / "decoder" / "layers" / i / "cross_attn";
      blocks::keep_for_cross_attention(scope, axis, encoder, cross_name(i), x, s_.attention);
    }
  }

 private:
  static std::string cross_name(int64_t layer) { return "layers." + std::to_string(layer) + ".cross"; }

  Tensor embeddings(Graph& g) const { return g.param("model.embed_tokens.weight", {s_.vocab, s_.hidden}); }

  Tensor normed(const Scope& scope, Tensor x) const { return blocks::norm(scope, x, s_.norm); }

  Tensor mlp(const Scope& scope, Tensor x) const {
    const auto f = s_.mlp.gated ? blocks::gated_mlp : blocks::plain_mlp;
    return f(scope, x, s_.hidden, s_.mlp.inner, s_.mlp.activation, false);
  }

  /// x plus its attention to its own sequence: in the encoder (`kv` null) to all of it, which is in the step. `bias` is
  /// that of the layer before, and becomes this layer's.
  Tensor attend(const Scope& layer, const TokenAxis& axis, const StateGroup* kv, int64_t i, Tensor x,
      Tensor& bias) const {
    Graph& g = layer.graph();
    if (i == 0 || s_.bias_a_layer) {
      blocks::RelativeBias b = s_.bias;
      b.both_sides = kv == nullptr;
      bias = blocks::relative_bias(layer / "self_attn" / "relative_attention_bias", s_.attention.heads, b);
    }
    blocks::AttentionShape a = s_.attention;
    a.rule.causal = kv != nullptr, a.relative = bias;
    const Scope scope = layer / "self_attn";
    const Tensor h = normed(layer / "input_layernorm", x);
    if (kv == nullptr) return g.add(x, blocks::attention_in_step(scope, axis, h, nullptr, {}, a));
    const std::string name = "layers." + std::to_string(i);
    return g.add(x, blocks::attention(scope, axis, kv->group, kv->id, name, h, nullptr, {}, a));
  }

  Tensor encode(Graph& g, const TokenAxis& axis) const {
    const Scope encoder = Scope(g) / "encoder";
    Tensor x = g.gather(embeddings(g), g.input("tokens", WEFT_I32, {axis.T})), bias;  // x: [T, hidden]
    for (int64_t i = 0; i < s_.encoder_layers; ++i) {
      const Scope layer = encoder / "layers" / i;
      x = attend(layer, axis, nullptr, i, x, bias);
      x = g.add(x, mlp(layer / "mlp", normed(layer / "post_attention_layernorm", x)));
    }
    return normed(encoder / "norm", x);
  }

  void decode(Graph& g, const TokenAxis& axis) const {
    const Scope decoder = Scope(g) / "decoder";
    StateGroup kv;
    kv.group = g.group("kv", WEFT_GROUP_PAGED, 0, &kv.id);
    const StateGroup encoder = blocks::cross_group(g);
    Tensor x = g.gather(embeddings(g), g.input("tokens", WEFT_I32, {axis.T})), bias;  // x: [T, hidden]
    for (int64_t i = 0; i < s_.decoder_layers; ++i) {
      const Scope layer = decoder / "layers" / i;
      x = attend(layer, axis, &kv, i, x, bias);
      const Tensor h = normed(layer / "cross_attention_layernorm", x);
      x = g.add(x, blocks::cross_attention(layer / "cross_attn", axis, encoder, cross_name(i), h, s_.attention));
      x = g.add(x, mlp(layer / "mlp", normed(layer / "post_cross_attention_layernorm", x)));
    }
    x = blocks::scaled(g, normed(decoder / "norm", blocks::wanted_rows(g, x)), s_.head_scale);  // [R, hidden]
    g.output("logits", blocks::linear(Scope(g) / "lm_head", x, s_.hidden, s_.vocab, false));
  }

  Shape s_;
};

void read_mlp(Config& c, Shape& s, std::string_view fallback) {
  const std::string kind = c.text_or("feed_forward_proj", fallback);
  const bool gated = kind.rfind("gated-", 0) == 0;
  const std::string activation = kind == "gated-gelu" ? "gelu_new" : gated ? kind.substr(6) : kind;
  s.mlp.gated = c.flag_or("is_gated_act", gated);
  s.mlp.activation = blocks::read_activation(c, "dense_act_fn", activation);
  s.mlp.inner = c.integer("intermediate_size", 1, 1 << 24);
}

void read_bias(Config& c, Shape& s) {
  s.bias.buckets = c.integer_or("relative_attention_num_buckets", 32, 4, 1 << 16);
  s.bias.max_distance = c.integer_or("relative_attention_max_distance", 128, s.bias.buckets / 2 + 1, 1 << 16);
}

bool is_encoder_alone(Config& c) {
  const Json classes = c.get("architectures");
  bool alone = false;
  for (uint64_t i = 0; i < classes.size(); ++i) {
    const std::string_view name = classes.at(i).string();
    alone = alone || name.find("EncoderModel") != std::string_view::npos;
    if (name.find("Classification") != std::string_view::npos ||
        name.find("QuestionAnswering") != std::string_view::npos)
      refuse(c.at("architectures") + " has " + std::string(name) + ", whose head is not implemented");
  }
  return alone;
}

struct T5 : Family {
  static constexpr std::string_view kType = "t5", kGguf = "t5", kGgufEncoder = "t5encoder";

  static Shape read(Config& c, std::string_view feed_forward, bool scales) {
    c.alias("hidden_size", "d_model"), c.alias("num_hidden_layers", "num_layers"),
        c.alias("num_attention_heads", "num_heads");
    c.alias("head_dim", "d_kv"), c.alias("intermediate_size", "d_ff"), c.alias("layer_norm_epsilon", "rms_norm_eps");
    const blocks::DecoderShape d = blocks::read_decoder(
        c, {.head_dim = 64, .tied = true, .eps_key = "layer_norm_epsilon", .no_rope = true, .no_mlp = true});
    Shape s;
    s.vocab = d.vocab, s.hidden = d.hidden, s.norm = d.norm, s.attention = d.attention;
    s.attention.rule.scale = 1;
    s.encoder_layers = static_cast<int64_t>(d.layers.size());
    s.decoder_layers = c.integer_or("num_decoder_layers", s.encoder_layers, 1, 1 << 12);
    read_mlp(c, s, feed_forward);
    read_bias(c, s);
    s.encoder_alone = is_encoder_alone(c);
    if (!s.encoder_alone) s.start_token = c.integer("decoder_start_token_id", 0, s.vocab - 1);
    // Before transformers 5, tie_word_embeddings says whether outputs are scaled. The checkpoint says what is tied.
    const bool scaled = c.flag_or("scale_decoder_outputs", d.tied) && scales;
    if (scaled) s.head_scale = 1 / std::sqrt(static_cast<double>(s.hidden));
    c.harmless({"decoder_start_token_id", "dropout_rate", "classifier_dropout", "initializer_factor", "is_decoder",
                "n_positions", "layer_norm_eps", "output_past", "scalable_attention"});
    return s;
  }
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("t5", json);
    Shape s = read(c, "relu", true);
    c.finish();
    return std::make_unique<EncoderDecoder>(std::move(s));
  }

  static Names hf(const Json&) {
    return {.rules = {{"encoder.layers", "encoder.block"}, {"decoder.layers", "decoder.block"},
                {"encoder.norm", "encoder.final_layer_norm"}, {"decoder.norm", "decoder.final_layer_norm"},
                {"self_attn", "layer.0.SelfAttention"}, {"cross_attn", "layer.1.EncDecAttention"}, {"q_proj", "q"},
                {"k_proj", "k"}, {"v_proj", "v"}, {"o_proj", "o"}, {"input_layernorm", "layer.0.layer_norm"},
                {"post_attention_layernorm", "layer.1.layer_norm"}, {"cross_attention_layernorm", "layer.1.layer_norm"},
                {"post_cross_attention_layernorm", "layer.2.layer_norm"}, {"gate_proj", "wi_0"}, {"down_proj", "wo"},
                {"mlp.up_proj", "layer.2.DenseReluDense.wi_1", as_stored},
                {"mlp.up_proj", "layer.1.DenseReluDense.wi_1", as_stored}, {"up_proj", "wi"},
                {"mlp", "layer.2.DenseReluDense", as_stored}, {"mlp", "layer.1.DenseReluDense", as_stored},
                {"model.embed_tokens", "shared", as_stored}, {"model.embed_tokens", "encoder.embed_tokens", as_stored},
                {"model.embed_tokens", "decoder.embed_tokens", as_stored}},
        .ignored = {{"encoder.embed_tokens.weight", "one with shared.weight"},
            {"decoder.embed_tokens.weight", "one with shared.weight"},
            {".EncDecAttention.relative_attention_bias.weight", "attention to the encoder has no positions"}},
        .ties = {{"lm_head.weight", "model.embed_tokens.weight"}}};
  }
  static Names gguf(const Json&) {
    return {.rules = {{"encoder.layers", "enc.blk"}, {"decoder.layers", "dec.blk"}, {"encoder.norm", "enc.output_norm"},
                {"decoder.norm", "dec.output_norm"}, {"self_attn.o_proj", "attn_o"},
                {"self_attn.relative_attention_bias", "attn_rel_b"}, {"cross_attn.q_proj", "cross_attn_q"},
                {"cross_attn.k_proj", "cross_attn_k"}, {"cross_attn.v_proj", "cross_attn_v"},
                {"cross_attn.o_proj", "cross_attn_o"}, {"cross_attention_layernorm", "cross_attn_norm"},
                {"post_cross_attention_layernorm", "ffn_norm"}},
        .ignored = {{".cross_attn_rel_b.weight", "attention to the encoder has no positions"}},
        .ties = {{"lm_head.weight", "model.embed_tokens.weight"}}};
  }
  static bool is_gguf(const Checkpoint& c) { return !c.has("enc.blk.1.attn_rel_b.weight"); }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    const bool gated = m.has_tensor("enc.blk.0.ffn_gate.weight");
    c.set("relative_attention_num_buckets", m.integer("attention.relative_buckets_count"));
    c.set("num_decoder_layers", m.integer_or("decoder_block_count", m.integer("block_count")));
    c.set("feed_forward_proj", gated ? "gated-gelu" : "relu");
    const Json start = m.get("decoder_start_token_id");
    if (start.is_integer()) c.set("decoder_start_token_id", start.integer());
    const bool alone = m.checkpoint.metadata()["general.architecture"].string() == kGgufEncoder;
    if (alone) c.raw("architectures", R"(["T5EncoderModel"])");
  }
};

struct Mt5 : T5 {
  static constexpr std::string_view kType = "mt5", kGguf = "", kGgufEncoder = "";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("mt5", json);
    Shape s = read(c, "gated-gelu", false);
    c.finish();
    return std::make_unique<EncoderDecoder>(std::move(s));
  }
};

struct Umt5 : T5 {
  static constexpr std::string_view kType = "umt5";
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("umt5", json);
    Shape s = read(c, "gated-gelu", true);
    s.bias_a_layer = true;
    c.finish();
    return std::make_unique<EncoderDecoder>(std::move(s));
  }
  static bool is_gguf(const Checkpoint& c) { return !T5::is_gguf(c); }
};

}  // namespace weft::t5

WEFT_FAMILY("weft.t5", weft::t5::T5, weft::t5::Mt5, weft::t5::Umt5)
