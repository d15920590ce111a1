// rwkv: RWKV-4 (Peng et al. 2023), where time mixing stands for attention and channel mixing for the MLP.
#include <cmath>

#include "weft/blocks/decoder.hpp"
#include "weft/blocks/ssm.hpp"
#include "weft/sdk/family.hpp"

namespace weft::rwkv {

using namespace sdk;

/// x mixed with its predecessor, in a proportion for each channel.
Tensor mixed(const Scope& scope, Tensor x, Tensor before, std::string_view name) {
  Graph& g = scope.graph();
  const Dim hidden = g.dims(x)[1];
  Tensor part = g.reshape(scope.param(name, {hidden}), {1, hidden});
  return g.add(before, g.mul(g.sub(x, before), part));
}

struct Rwkv : Family {
  static constexpr std::string_view kType = "rwkv";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("rwkv", json);
    c.alias("max_position_embeddings", "context_length");
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 1024,
                                                         .eps_key = "layer_norm_epsilon",
                                                         .eps = 1e-5,
                                                         .no_attention = true,
                                                         .no_mlp = true,
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    const int64_t hidden = s.hidden, inner = c.integer_or("intermediate_size", 4 * hidden, 1, 1 << 24),
                  heads = c.integer_or("attention_hidden_size", hidden, 1, 1 << 20);
    s.embedding_norm = true;
    // transformers halves the stream and the branches every `rescale_every` layers. Norms undo this but for their
    // epsilon, which is scaled instead.
    const auto every = static_cast<std::size_t>(c.integer_or("rescale_every", 6, 0, 1 << 20));
    const auto eps_scale = [=](std::size_t i) { return every ? std::pow(4.0, static_cast<double>(i / every)) : 1.0; };
    for (std::size_t i = 0; i < s.layers.size(); ++i) {
      s.layers[i].mixer = blocks::MixerKind::kKept;
      s.layers[i].eps_scale = eps_scale(i);
    }
    s.final_eps = 1e-5 * eps_scale(s.layers.size());  // the epsilon of the last norm is not in the config
    s.mixer = [=](const blocks::Step& step, const Scope& layer, std::size_t i, Tensor x) {
      Graph& g = layer.graph();
      const Scope scope = layer / "attention";
      const std::string name = "layers." + std::to_string(i);
      Tensor before = blocks::previous_token(step, name + ".time", x);
      const auto project = [&](std::string_view which, std::string_view mix) {
        return blocks::linear(scope / which, mixed(scope, x, before, mix), hidden, heads, false);
      };
      Tensor r = g.sigmoid(project("receptance", "time_mix_receptance"));
      Tensor decay = g.mul(g.exp(scope.param("time_decay", {heads})), g.scalar(-1, 1));
      Tensor y = blocks::weighted_mean(step, name, project("key", "time_mix_key"), project("value", "time_mix_value"),
          decay, scope.param("time_first", {heads}));
      return blocks::linear(scope / "output", g.mul(r, y), heads, hidden, false);
    };
    s.feed_forward = [=](const blocks::Step& step, const Scope& layer, std::size_t i, Tensor x) {
      Graph& g = layer.graph();
      const Scope scope = layer / "feed_forward";
      Tensor before = blocks::previous_token(step, "layers." + std::to_string(i) + ".channel", x);
      Tensor r =
          blocks::linear(scope / "receptance", mixed(scope, x, before, "time_mix_receptance"), hidden, hidden, false);
      Tensor k = blocks::linear(scope / "key", mixed(scope, x, before, "time_mix_key"), hidden, inner, false);
      k = blocks::activate(g, blocks::Activation::kRelu, k);
      return g.mul(g.sigmoid(r), blocks::linear(scope / "value", g.mul(k, k), inner, hidden, false));
    };
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return {.rules = {{"model.layers", "rwkv.blocks"}, {"model.embed_tokens", "rwkv.embeddings"},
                {"model.embed_layernorm", "rwkv.blocks.0.pre_ln"}, {"model.norm", "rwkv.ln_out"}, {"lm_head", "head"},
                {"input_layernorm", "ln1"}, {"post_attention_layernorm", "ln2"},
                {"time_mix_key", "time_mix_key", flattened}, {"time_mix_value", "time_mix_value", flattened},
                {"time_mix_receptance", "time_mix_receptance", flattened}},
        .base = "rwkv."};
  }
};

}  // namespace weft::rwkv

WEFT_FAMILY("weft.rwkv", weft::rwkv::Rwkv)
