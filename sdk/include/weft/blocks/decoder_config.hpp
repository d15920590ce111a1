// Reads the config keys that decoder families share into a DecoderShape.
#pragma once

#include <functional>

#include "weft/blocks/decoder.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// The values that transformers assumes for keys that a family's config.json may leave out.
struct DecoderDefaults {
  int64_t vocab = 0, hidden = 0, inner = 0, layers = 0, heads = 0;  // 0: the config has to say
  int64_t context = 2048;
  int64_t kv_heads = 0;  // 0: as many as `heads`
  int64_t head_dim = 0;  // 0: hidden_size / num_attention_heads
  bool tied = false;
  std::string_view eps_key = "rms_norm_eps";
  double eps = 1e-6;
  std::string_view activation_key = "hidden_act", activation = "silu";
  RopeKeys rope = {};
  bool no_rope = false;
  bool no_attention = false, no_mlp = false;  // the keys of attention, or of the MLP, are not read
  Norm::Kind norm = Norm::kRms;
  bool norm_bias = false;
};

/// Reads sizes, norm, attention, rope and activation. The family then sets what is its own and calls c.finish().
WEFT_SDK_INLINE DecoderShape read_decoder(sdk::Config& c, const DecoderDefaults& d) {
  DecoderShape s;
  const auto size = [&](std::string_view key, int64_t fallback, int64_t most) {
    return fallback ? c.integer_or(key, fallback, 1, most) : c.integer(key, 1, most);
  };
  s.vocab = size("vocab_size", d.vocab, int64_t{1} << 31);
  s.hidden = size("hidden_size", d.hidden, 1 << 20);
  s.layers.resize(static_cast<std::size_t>(size("num_hidden_layers", d.layers, 1 << 12)));
  s.context = c.integer_or("max_position_embeddings", d.context);
  if (d.norm == Norm::kLayer && d.eps_key != "layer_norm_eps") c.alias(d.eps_key, "layer_norm_eps");
  s.norm = {d.norm, c.number_or(d.eps_key, d.eps), d.norm_bias, true};
  if (!(s.norm.eps > 0)) sdk::refuse(c.at(d.eps_key) + " is not positive");
  s.moe.hidden = s.hidden;
  s.tied = c.flag_or("tie_word_embeddings", d.tied);
  c.harmless(sdk::kCommonHarmlessKeys);
  if (!d.no_mlp) {
    s.mlp.inner = size("intermediate_size", d.inner, 1 << 24);
    s.mlp.activation = s.moe.activation = read_activation(c, d.activation_key, d.activation);
  }
  if (d.no_attention) return s;
  AttentionShape& a = s.attention;
  a.hidden = s.hidden;
  a.heads = size("num_attention_heads", d.heads, 1 << 16);
  const bool unsaid = c.get("num_key_value_heads").absent();  // null means as many as heads
  a.kv_heads = c.integer_or("num_key_value_heads", unsaid && d.kv_heads ? d.kv_heads : a.heads, 1, 1 << 16);
  if (a.heads % a.kv_heads != 0) {
    sdk::refuse(c.at("num_attention_heads") + " is " + std::to_string(a.heads) +
                ", not a multiple of num_key_value_heads " + std::to_string(a.kv_heads));
  }
  if (!c.has("head_dim") && !d.head_dim && s.hidden % a.heads != 0) {
    sdk::refuse(c.at("hidden_size") + " is not a multiple of num_attention_heads and head_dim is not given");
  }
  a.head_dim = c.integer_or("head_dim", d.head_dim ? d.head_dim : s.hidden / a.heads, 1, 1 << 16);
  if (const sdk::Json biases = c.get(sdk::kStoredBiases); !biases.null()) {
    const auto has = [&](std::string_view which) { return biases.string().find(which) != std::string_view::npos; };
    a.stored_biases = {has("q"), has("k"), has("v"), has("o")};
  }
  a.norm = s.norm;
  a.rule.scale = 1.0 / std::sqrt(static_cast<double>(a.head_dim));
  if (!d.no_rope) s.ropes.push_back(read_rope(c, a.head_dim, d.rope.theta, s.context, d.rope));
  for (LayerShape& l : s.layers) l.rope = d.no_rope ? -1 : 0;
  return s;
}

/// Says which layers see only the last `window` tokens: the config's layer_types where it has them, otherwise
/// `slides(i)`.
WEFT_SDK_INLINE void read_windows(
    sdk::Config& c, DecoderShape& s, int64_t window, const std::function<bool(int64_t)>& slides) {
  const sdk::Json types = c.get("layer_types");
  if (!types.null() && (!types.is_array() || types.size() != s.layers.size())) {
    sdk::refuse(
        c.at("layer_types") + " is not a list of num_hidden_layers " + std::to_string(s.layers.size()) + " kinds");
  }
  for (std::size_t i = 0; i < s.layers.size(); ++i) {
    bool sliding = slides(static_cast<int64_t>(i));
    if (!types.null()) {
      const std::string_view type = types.at(i).string();
      sliding = type == "sliding_attention";
      if (!sliding && type != "full_attention") {
        sdk::refuse(c.at("layer_types") + " has \"" + std::string(type) + "\" for layer " + std::to_string(i) +
                    ", expected full_attention or sliding_attention");
      }
      if (sliding && window == 0)
        sdk::refuse(c.at("layer_types") + " has sliding_attention for layer " + std::to_string(i) +
                    ", and the config has no window");
    }
    s.layers[i].window = sliding ? window : 0;
  }
}

/// The size of a window under `key`. Absent: `fallback`; null or 0: no window.
WEFT_SDK_INLINE int64_t read_window(sdk::Config& c, std::string_view key, int64_t fallback) {
  return c.get(key).absent() ? fallback : c.integer_or(key, 0, 0);
}

/// Where a config has the sizes of a mixture of experts, and the values that transformers assumes when they are absent.
struct ExpertKeys {
  std::string_view experts_key;
  int64_t experts, chosen;
  std::string_view inner_key;
  int64_t inner = 0;  // 0: the config has to say
};

/// Reads the experts' sizes and gives experts to all layers; a family whose layers differ changes that afterwards.
WEFT_SDK_INLINE void read_experts(sdk::Config& c, DecoderShape& s, const ExpertKeys& k) {
  s.moe.experts = c.integer_or(k.experts_key, k.experts, 1, 1 << 16);
  s.moe.chosen = c.integer_or("num_experts_per_tok", k.chosen, 1, s.moe.experts);
  s.moe.inner = k.inner ? c.integer_or(k.inner_key, k.inner, 1, 1 << 24) : c.integer(k.inner_key, 1, 1 << 24);
  for (LayerShape& l : s.layers) l.experts = true;
}

/// Gives experts to every decoder_sparse_step-th layer that mlp_only_layers does not name.
WEFT_SDK_INLINE void read_sparse_layers(sdk::Config& c, DecoderShape& s) {
  const int64_t step = c.integer_or("decoder_sparse_step", 1);
  for (std::size_t i = 0; i < s.layers.size(); ++i) s.layers[i].experts = static_cast<int64_t>(i + 1) % step == 0;
  const sdk::Json dense = c.get("mlp_only_layers");
  for (uint64_t i = 0; i < dense.size(); ++i) {
    const int64_t layer = dense.at(i).integer();
    if (layer >= 0 && layer < static_cast<int64_t>(s.layers.size()))
      s.layers[static_cast<std::size_t>(layer)].experts = false;
  }
}

}  // namespace weft::blocks
