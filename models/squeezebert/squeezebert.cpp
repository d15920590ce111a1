// squeezebert: bert whose projections are products of groups of channels.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::squeezebert {

using namespace sdk;
using blocks::Scope, blocks::Step, blocks::Tensor;

/// x [T, in] -> [T, out]: each of `groups` parts of the output is made of one part of x. Parameters under `scope`:
/// weight [out, in / groups], bias [out].
Tensor grouped_linear(const Scope& scope, Tensor x, int64_t in, int64_t out, int64_t groups) {
  if (groups == 1) return blocks::linear(scope, x, in, out, true);
  Graph& g = scope.graph();
  const Dim T = g.dims(x)[0];
  const Tensor w = g.reshape(scope.param("weight", {out, in / groups}), {groups, out / groups, in / groups});
  const Tensor parts = g.transpose(g.reshape(x, {T, groups, in / groups}), {1, 0, 2});
  const Tensor y = g.reshape(g.transpose(g.matmul(parts, w, true), {1, 0, 2}), {T, out});
  return g.add(y, g.reshape(scope.param("bias", {out}), {1, out}));
}

struct SqueezeBert : Family {
  static constexpr std::string_view kType = "squeezebert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("squeezebert", json);
    blocks::DecoderShape s = blocks::read_encoder(c, blocks::kBertDefaults);
    c.only_number("embedding_size", s.hidden);
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    const auto groups = [&](std::string_view key, int64_t fallback, int64_t in, int64_t out) {
      const int64_t n = c.integer_or(key, fallback, 1, 1 << 16);
      if (in % n != 0 || out % n != 0)
        refuse(c.at(key) + " is " + std::to_string(n) + ", which does not divide " + std::to_string(in) + " and " +
               std::to_string(out));
      return n;
    };
    const int64_t hidden = s.hidden, inner = s.mlp.inner;
    const int64_t q = groups("q_groups", 4, hidden, hidden), k = groups("k_groups", 4, hidden, hidden),
                  v = groups("v_groups", 4, hidden, hidden), o = groups("post_attention_groups", 1, hidden, hidden),
                  up = groups("intermediate_groups", 4, hidden, inner),
                  down = groups("output_groups", 4, inner, hidden);
    for (blocks::LayerShape& l : s.layers) l.mixer = blocks::MixerKind::kStateless;
    s.mixer = [=, a = s.attention](const Step& step, const Scope& layer, std::size_t, Tensor x) {
      Graph& g = layer.graph();
      const Scope scope = layer / "self_attn";
      const auto project = [&](std::string_view name, int64_t n) {
        return g.reshape(grouped_linear(scope / name, x, hidden, hidden, n), {step.axis.T, a.heads, a.head_dim});
      };
      const Tensor queries = project("q_proj", q), keys = project("k_proj", k), values = project("v_proj", v);
      const Tensor y = blocks::ragged_attention(g, step.axis, queries, keys, values, {}, a.rule);
      return grouped_linear(scope / "o_proj", g.reshape(y, {step.axis.T, hidden}), hidden, hidden, o);
    };
    s.feed_forward = [=, activation = s.mlp.activation](const Step&, const Scope& layer, std::size_t, Tensor x) {
      const Scope mlp = layer / "mlp";
      x = blocks::activate(mlp.graph(), activation, grouped_linear(mlp / "up_proj", x, hidden, inner, up));
      return grouped_linear(mlp / "down_proj", x, inner, hidden, down);
    };
    blocks::add_encoder_heads(c, s, {.dense = "pooler.dense", .labels = "classifier"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(
        config, "transformer.", {"cls.", "classifier.", "qa_outputs.", "transformer.pooler."});
    n.rules = {{"model.embed_tokens", "embeddings.word_embeddings"},
        {"model.embed_positions", "embeddings.position_embeddings"},
        {"model.token_types", "embeddings.token_type_embeddings"}, {"model.embed_layernorm", "embeddings.LayerNorm"},
        {"model.layers", "encoder.layers"}, {"self_attn.q_proj", "attention.query", squeezed},
        {"self_attn.k_proj", "attention.key", squeezed}, {"self_attn.v_proj", "attention.value", squeezed},
        {"self_attn.o_proj", "post_attention.conv1d", squeezed}, {"mlp.up_proj", "intermediate.conv1d", squeezed},
        {"mlp.down_proj", "output.conv1d", squeezed}, {"post_attention_layernorm", "post_attention.layernorm"},
        {"post_feedforward_layernorm", "output.layernorm"}};
    return n;
  }

 private:
  /// The weight of a convolution over single tokens, as a matrix.
  static Stored squeezed(Stored s) { return s.dims.size() < 3 ? s : without_axis(2)(std::move(s)); }
};

}  // namespace weft::squeezebert

WEFT_FAMILY("weft.squeezebert", weft::squeezebert::SqueezeBert)
