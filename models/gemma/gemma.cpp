// gemma, gemma2, gemma3_text, and the text of gemma3: scaled embeddings, norms by 1 + weight, norms on both sides of
// each branch, soft caps, alternating windows whose layers have their own rope.
#include "weft/blocks/heads.hpp"
#include "weft/sdk/family.hpp"
#include "weft/sdk/gguf_layers.hpp"

namespace weft::gemma {

using namespace sdk;
using blocks::DecoderDefaults, blocks::DecoderShape, blocks::RopeKeys;

const DecoderDefaults kDefaults = {.context = 8192,
    .head_dim = 256,
    .tied = true,
    .activation_key = "hidden_activation",
    .activation = "gelu_pytorch_tanh"};

/// Norms multiply by 1 + weight. Hugging Face stores the weight, llama.cpp the sum.
Names plus_one() {
  Names n;
  for (std::string_view name : {"input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm",
           "post_feedforward_layernorm", "self_attn.q_norm", "self_attn.k_norm", "model.norm"}) {
    n.rules.push_back({name, name, offset(1)});
  }
  return n;
}

DecoderShape read(Config& c, const DecoderDefaults& d) {
  DecoderShape s = blocks::read_decoder(c, d);
  s.embedding_scale = std::sqrt(static_cast<double>(s.hidden));
  s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
  return s;
}

void read_sandwich(Config& c, DecoderShape& s) {
  s.residual.after_attention = "post_attention_layernorm", s.residual.before_mlp = "pre_feedforward_layernorm";
  s.residual.after_mlp = "post_feedforward_layernorm";
  const double scalar = c.number_or("query_pre_attn_scalar", 256);
  if (!(scalar > 0)) refuse(c.at("query_pre_attn_scalar") + " is not positive");
  s.attention.rule.scale = 1 / std::sqrt(scalar);
}

/// The soft cap under `key`: `fallback` if the key is absent, none (0) if it is null.
double read_cap(Config& c, std::string_view key, double fallback) {
  return c.get(key).absent() ? fallback : c.number_or(key, 0);
}

/// Keys for read_sandwich. The largest model scales scores by hidden / heads in place of the size of a head.
void gguf_sandwich(GgufMetadata& m, JsonObject& c, int64_t layers_of_largest) {
  const int64_t heads = m.integer("attention.head_count"), hidden = m.integer("embedding_length");
  const bool largest = m.integer("block_count") == layers_of_largest;
  c.set("query_pre_attn_scalar", largest ? hidden / heads : m.integer_or("attention.key_length", hidden / heads));
  c.set("sliding_window", m.integer_or("attention.sliding_window", 0));
  c.set("attn_logit_softcapping", m.number_or("attn_logit_softcapping", 0));
  c.set("final_logit_softcapping", m.number_or("final_logit_softcapping", 0));
}

Names gguf_names() { return {.rules = {{"post_attention_layernorm", "post_attention_norm"}}}; }

struct Gemma : Family {
  static constexpr std::string_view kType = "gemma", kGguf = "gemma";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("gemma", json);
    c.unread({"partial_rotary_factor"});
    DecoderDefaults d = kDefaults;
    d.activation_key = "hidden_act";
    DecoderShape s = read(c, d);
    // The first configs say gelu and mean its tanh approximation.
    if (s.mlp.activation == blocks::Activation::kGelu && c.text_or("hidden_act", "") == "gelu")
      s.mlp.activation = blocks::Activation::kGeluTanh;
    c.harmless({"hidden_activation"});
    c.only("use_bidirectional_attention", false);
    blocks::add_decoder_heads(c, s, "score", 0);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return plus_one(); }
};

struct Gemma2 : Family {
  static constexpr std::string_view kType = "gemma2", kGguf = "gemma2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("gemma2", json);
    c.unread({"partial_rotary_factor"});
    DecoderShape s = read(c, kDefaults);
    read_sandwich(c, s);
    s.attention.rule.softcap = read_cap(c, "attn_logit_softcapping", 50);
    s.logit_softcap = read_cap(c, "final_logit_softcapping", 30);
    blocks::read_windows(c, s, blocks::read_window(c, "sliding_window", 4096), [](int64_t i) { return i % 2 == 0; });
    c.harmless({"hidden_act"});
    c.only("use_bidirectional_attention", false);
    blocks::add_decoder_heads(c, s, "score", 0);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return plus_one(); }
  static Names gguf(const Json&) { return gguf_names(); }
  static void gguf_config(GgufMetadata& m, JsonObject& c) { gguf_sandwich(m, c, 46); }
};

struct Gemma3Text : Family {
  static constexpr std::string_view kType = "gemma3_text", kGguf = "gemma3";

  static std::unique_ptr<Model> make(const Json& json, int64_t) { return make_text(json, true); }
  /// `capped`: whether logits have the soft cap that the config gives.
  static std::unique_ptr<Model> make_text(const Json& json, bool capped) {
    Config c("gemma3_text", json);
    c.unread({"partial_rotary_factor"});
    DecoderDefaults d = kDefaults;
    d.vocab = 262208, d.hidden = 2304, d.inner = 9216, d.layers = 26, d.heads = 8, d.kv_heads = 4, d.context = 131072;
    d.rope = {.theta = 1e6, .layer_type = "full_attention"};
    DecoderShape s = read(c, d);
    s.ropes.push_back(blocks::read_rope(c, s.attention.head_dim, 1e4, s.context,
        {.theta_key = "rope_local_base_freq", .layer_type = "sliding_attention", .scaled = false}));
    read_sandwich(c, s);
    if (capped)
      s.logit_softcap = read_cap(c, "final_logit_softcapping", 0);
    else
      c.harmless({"final_logit_softcapping"});
    s.attention.qk_norm = blocks::QkNorm::kHead;
    c.alias("sliding_window_pattern", "_sliding_window_pattern");
    const int64_t pattern = c.integer_or("sliding_window_pattern", 6);
    int64_t window = blocks::read_window(c, "sliding_window", 4096);
    if (c.flag_or("use_bidirectional_attention", false)) {  // an encoder, whose window counts both sides
      s.attention.rule.causal = false, s.encoder = true;
      if (window > 0) window = window / 2 + 1;
    }
    blocks::read_windows(c, s, window, [=](int64_t i) { return (i + 1) % pattern != 0; });
    read_local_ropes(c, s, pattern);
    c.harmless({"hidden_act", "attn_logit_softcapping"});  // scores have no cap, whatever the config says
    blocks::add_decoder_heads(c, s, "score", 0);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return plus_one(); }
  static Names gguf(const Json&) { return gguf_names(); }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    gguf_sandwich(m, c, 62);
    c.set("rope_local_base_freq", m.number_or("rope.freq_base_swa", 1e4));
    gguf_window_layers(m, c, m.get("attention.sliding_window").integer() > 0 ? 6 : 1);
  }

 private:
  static void read_local_ropes(Config& c, DecoderShape& s, int64_t pattern) {
    const Json types = c.get("layer_types");
    for (std::size_t i = 0; i < s.layers.size(); ++i) {
      const bool local =
          types.null() ? static_cast<int64_t>(i + 1) % pattern != 0 : types.at(i).string() == "sliding_attention";
      s.layers[i].rope = local ? 1 : 0;
    }
  }
};

/// Multimodal checkpoints, of which the text alone is run. Their logits have no cap, whatever the config says.
struct Gemma3 : Family {
  static constexpr std::string_view kType = "gemma3";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    if (!json["text_config"].is_object()) refuse("gemma3: config text_config is missing");
    return Gemma3Text::make_text(json["text_config"], false);
  }
  static Names hf(const Json&) {
    Names n = plus_one();
    n.roots = {{"model.", "language_model.model."}, {"model.", "model.language_model."},
        {"lm_head.", "language_model.lm_head."}};
    for (std::string_view part :
        {"vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."}) {
      n.ignored.emplace_back(part, "images are not read: the text alone");
    }
    return n;
  }
};

}  // namespace weft::gemma

WEFT_FAMILY("weft.gemma", weft::gemma::Gemma, weft::gemma::Gemma2, weft::gemma::Gemma3Text, weft::gemma::Gemma3)
