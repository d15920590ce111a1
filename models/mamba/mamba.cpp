// mamba, falcon_mamba and mamba2: all layers are state spaces.
#include "weft/blocks/decoder.hpp"
#include "weft/blocks/mamba_config.hpp"
#include "weft/sdk/family.hpp"

namespace weft::mamba {

using namespace sdk;

constexpr int64_t kContext = 1 << 20;  // llama.cpp's number; the models have no limit of their own

blocks::DecoderShape read_layers(Config& c, bool tied) {
  blocks::DecoderShape s = blocks::read_decoder(c, {.context = kContext,
                                                       .tied = tied,
                                                       .eps_key = "layer_norm_epsilon",
                                                       .eps = 1e-5,
                                                       .no_attention = true,
                                                       .no_mlp = true});
  for (blocks::LayerShape& l : s.layers) l.mixer = blocks::MixerKind::kKept;
  s.residual.mlp = false;
  return s;
}

blocks::MambaShape read_mixer(Config& c, const blocks::DecoderShape& s, int64_t states) {
  blocks::MambaShape m;
  m.hidden = s.hidden, m.norm = s.norm;
  m.inner = c.integer_or("expand", 2, 1, 64) * s.hidden;
  if (c.integer_or("intermediate_size", m.inner) != m.inner)
    refuse(c.at("intermediate_size") + " is not expand * hidden_size");
  m.states = c.integer_or("state_size", states, 1, 1 << 16);
  m.kernel = c.integer_or("conv_kernel", 4, 2, 1 << 10);
  m.bias = c.flag_or("use_bias", false), m.conv_bias = c.flag_or("use_conv_bias", true);
  m.activation = blocks::read_activation(c, "hidden_act", "silu");
  m.log_decay = c.text_or("decay", "log") != "stored";
  c.harmless({"d_inner", "d_model", "n_layer", "fused_add_norm", "rms_norm", "ssm_cfg", "time_step_scale",
      "time_step_min", "time_step_max", "time_step_init_scheme", "time_step_floor", "rescale_prenorm_residual",
      "residual_in_fp32", "use_mambapy", "use_falcon_mambapy", "use_associative_scan", "pad_vocab_size_multiple",
      "chunk_size", "norm_before_gate", "hidden_dropout"});
  return m;
}

/// The names of checkpoints. The convolution's weight loses its axis of size 1.
Names mamba_names() {
  return {.rules = {{"model.layers", "backbone.layers"}, {"model.embed_tokens", "backbone.embeddings"},
              {"model.norm", "backbone.norm_f"}, {"input_layernorm", "norm"},
              {"mixer.conv1d.weight", "mixer.conv1d.weight", without_axis(1)}},
      .roots = {{"backbone", "model.backbone"}, {"lm_head", "model.lm_head"}},  // as Codestral is published
      .base = "backbone."};
}

void mamba_config(GgufMetadata& m, JsonObject& c) {
  const int64_t inner = m.integer("ssm.inner_size"), hidden = m.integer("embedding_length");
  if (inner % hidden != 0) refuse(m.at("ssm.inner_size") + " is no multiple of embedding_length");
  c.set("expand", inner / hidden)
      .set("state_size", m.integer("ssm.state_size"))
      .set("conv_kernel", m.integer("ssm.conv_kernel"))
      .set("layer_norm_epsilon", m.number_or("attention.layer_norm_rms_epsilon", 1e-5))
      .set("use_bias", m.has_tensor("blk.0.ssm_in.bias"))
      .set("use_conv_bias", m.has_tensor("blk.0.ssm_conv1d.bias"))
      .set("decay", "stored");
}

struct Mamba : Family {
  static constexpr std::string_view kType = "mamba", kGguf = "mamba";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    return model(json, "mamba", blocks::MambaShape::kNone);
  }
  static std::unique_ptr<Model> model(const Json& json, const char* type, blocks::MambaShape::InnerNorms norms) {
    Config c(type, json);
    const bool plain = norms == blocks::MambaShape::kNone;
    blocks::DecoderShape s = read_layers(c, true);
    blocks::MambaShape m = read_mixer(c, s, 16);
    const bool given = !c.has("time_step_rank") || c.get("time_step_rank").string() != "auto";
    m.rank = (m.hidden + 15) / 16;
    if (given) m.rank = c.integer_or("time_step_rank", m.rank, 1, 1 << 16);
    m.inner_norms = norms, m.norm.eps = plain ? m.norm.eps : c.number_or("mixer_rms_eps", 1e-6);
    s.mixer = [m](const blocks::Step& step, const Scope& layer, std::size_t i, Tensor x) {
      return blocks::mamba(step, layer / "mixer", "layers." + std::to_string(i), x, m);
    };
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return mamba_names(); }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    mamba_config(m, c);
    m.get("ssm.dt_b_c_rms");  // has chosen the type
    c.set("time_step_rank", m.integer("ssm.time_step_rank"));
  }
  static bool normed(const Checkpoint& c) { return c.metadata()["mamba.ssm.dt_b_c_rms"].integer() != 0; }
  static bool is_gguf(const Checkpoint& c) { return !normed(c); }
};

struct FalconMamba : Mamba {
  static constexpr std::string_view kType = "falcon_mamba";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    return model(json, "falcon_mamba", blocks::MambaShape::kPlain);
  }
  static bool is_gguf(const Checkpoint& c) { return normed(c); }
};

struct Mamba2 : Family {
  static constexpr std::string_view kType = "mamba2", kGguf = "mamba2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("mamba2", json);
    c.unread({"intermediate_size"});
    blocks::DecoderShape s = read_layers(c, false);
    blocks::MambaShape m = read_mixer(c, s, 128);
    m.heads = c.integer_or("num_heads", 128, 1, 1 << 16), m.head_dim = c.integer_or("head_dim", 64, 1, 1 << 16);
    m.groups = c.integer_or("n_groups", 8, 1, 1 << 16);
    if (m.heads * m.head_dim != m.inner) refuse(c.at("num_heads") + " times head_dim is not expand * hidden_size");
    if (m.heads % m.groups != 0) refuse(c.at("n_groups") + " does not divide num_heads");
    blocks::read_time_step_limit(c, m);
    s.mixer = [m](const blocks::Step& step, const Scope& layer, std::size_t i, Tensor x) {
      return blocks::mamba2(step, layer / "mixer", "layers." + std::to_string(i), x, m);
    };
    c.harmless({"time_step_rank"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return mamba_names(); }
  static Names gguf(const Json&) {
    return {.rules = {{"mixer.dt_bias", "ssm_dt.bias"}, {"mixer.A", "ssm_a", flattened},
                {"mixer.D", "ssm_d", flattened}, {"mixer.norm.weight", "ssm_norm.weight", flattened}}};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    mamba_config(m, c);
    const int64_t heads = m.integer("ssm.time_step_rank");
    c.set("num_heads", heads)
        .set("head_dim", m.integer("ssm.inner_size") / heads)
        .set("n_groups", m.integer("ssm.group_count"));
  }
};

}  // namespace weft::mamba

WEFT_FAMILY("weft.mamba", weft::mamba::Mamba, weft::mamba::FalconMamba, weft::mamba::Mamba2)
