#include "models/llama/llama.hpp"

#include "weft/blocks/attention.hpp"
#include "weft/blocks/mlp.hpp"

namespace weft::llama {
namespace {

using blocks::Activation;
using sdk::Config;
using sdk::Graph;
using sdk::Scope;
using sdk::Tensor;

struct Shape {
  int64_t vocab, hidden, inner, layers, context;
  blocks::AttentionShape attention;
  blocks::Rope rope;
  Activation activation;
  bool mlp_bias, tied;
};

/// Keys that llama and mistral share; the caller adds its own and calls finish().
Shape read_shape(Config& c, int64_t default_context, int64_t default_kv_heads) {
  Shape s{};
  s.vocab = c.integer("vocab_size");
  s.hidden = c.integer("hidden_size", 1, 1 << 20);
  s.inner = c.integer("intermediate_size", 1, 1 << 22);
  s.layers = c.integer("num_hidden_layers", 1, 1 << 12);
  s.context = c.integer_or("max_position_embeddings", default_context);
  blocks::AttentionShape& a = s.attention;
  a.hidden = s.hidden;
  a.heads = c.integer("num_attention_heads", 1, 1 << 16);
  a.kv_heads = c.integer_or("num_key_value_heads", default_kv_heads ? default_kv_heads : a.heads);
  if (a.heads % a.kv_heads != 0) {
    sdk::refuse(c.at("num_attention_heads") + " is " + std::to_string(a.heads) +
                ", not a multiple of num_key_value_heads " + std::to_string(a.kv_heads));
  }
  if (!c.has("head_dim") && s.hidden % a.heads != 0) {
    sdk::refuse(c.at("hidden_size") + " is not a multiple of num_attention_heads and head_dim is "
                "not given");
  }
  a.head_dim = c.integer_or("head_dim", s.hidden / a.heads, 1, 1 << 16);
  a.rule.scale = 1.0 / std::sqrt(static_cast<double>(a.head_dim));
  a.norm_eps = c.number_or("rms_norm_eps", 1e-6);
  s.rope = blocks::read_rope(c, a.head_dim, 10000.0, s.context);
  s.activation = blocks::read_activation(c, "hidden_act", "silu");
  s.tied = c.flag_or("tie_word_embeddings", false);
  c.harmless(sdk::kCommonHarmlessKeys);
  return s;
}

class Decoder final : public sdk::Model {
 public:
  explicit Decoder(Shape shape) : s_(std::move(shape)) {}

  int64_t vocab_size() const override { return s_.vocab; }
  int64_t max_context() const override { return s_.context; }

  void build(std::string_view, Graph& g) const override {
    const blocks::TokenAxis axis(g);
    uint32_t kv = 0;
    const weft_group group = g.group("kv", WEFT_GROUP_PAGED, s_.attention.rule.window, &kv);
    const blocks::RopeAngles angles = blocks::rope_angles(g, axis, s_.rope, {group.len});

    const Scope model = Scope(g) / "model";
    Tensor tokens = g.input("tokens", WEFT_I32, {axis.T});
    Tensor embeddings = (model / "embed_tokens").param("weight", {s_.vocab, s_.hidden});
    Tensor x = g.gather(embeddings, tokens);  // [T, hidden]
    for (int64_t i = 0; i < s_.layers; ++i) {
      const Scope layer = model / "layers" / i;
      Tensor h = norm(layer / "input_layernorm", x);
      h = blocks::attention(layer / "self_attn", axis, group, kv, "layers." + std::to_string(i), h,
                            &angles, s_.rope, s_.attention);
      x = g.add(x, h);
      h = norm(layer / "post_attention_layernorm", x);
      h = blocks::gated_mlp(layer / "mlp", h, s_.hidden, s_.inner, s_.activation, s_.mlp_bias);
      x = g.add(x, h);
    }
    x = norm(model / "norm", blocks::wanted_rows(g, x));  // [R, hidden]
    Tensor head = s_.tied ? embeddings : (Scope(g) / "lm_head").param("weight", {s_.vocab, s_.hidden});
    g.output("logits", g.matmul(x, head, true));  // [R, vocab]
  }

 private:
  Tensor norm(const Scope& scope, Tensor x) const {
    return blocks::rms_norm(scope.graph(), x, scope.param("weight", {s_.hidden}), s_.attention.norm_eps);
  }

  Shape s_;
};

}  // namespace

std::unique_ptr<sdk::Model> make_llama(const sdk::Json& json, int64_t) {
  Config c("llama", json);
  Shape s = read_shape(c, 2048, 0);
  s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
  s.mlp_bias = c.flag_or("mlp_bias", false);
  c.finish();
  return std::make_unique<Decoder>(std::move(s));
}

std::unique_ptr<sdk::Model> make_mistral(const sdk::Json& json, int64_t) {
  Config c("mistral", json);
  Shape s = read_shape(c, 4096 * 32, 8);
  // Absent means transformers' default; null means none.
  const sdk::Json window = c.get("sliding_window");
  s.attention.rule.window = window.absent() ? 4096 : c.integer_or("sliding_window", 0);
  const sdk::Json types = c.get("layer_types");
  for (uint64_t i = 0; i < types.size(); ++i) {
    const std::string_view type = types.at(i).string();
    const bool sliding = s.attention.rule.window > 0;
    if (type != (sliding ? "sliding_attention" : "full_attention")) {
      sdk::refuse(c.at("layer_types") + " has \"" + std::string(type) + "\" for layer " +
                  std::to_string(i) + ", expected the same kind for all layers as sliding_window says");
    }
  }
  c.finish();
  return std::make_unique<Decoder>(std::move(s));
}

}  // namespace weft::llama
