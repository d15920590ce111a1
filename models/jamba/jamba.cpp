// jamba: attention without rope in some layers, Mamba in the others; experts in some.
#include "weft/blocks/decoder.hpp"
#include "weft/blocks/mamba.hpp"
#include "weft/sdk/family.hpp"
#include "weft/sdk/gguf_layers.hpp"

namespace weft::jamba {

using namespace sdk;

/// Says of a layer whether it is `offset`, `offset + period`, ...; the arguments stand in for absent keys.
std::function<bool(std::size_t)> read_period(Config& c, const std::string& what, int64_t period, int64_t offset) {
  period = c.integer_or(what + "_layer_period", period), offset = c.integer_or(what + "_layer_offset", offset, 0);
  if (offset >= period) refuse(c.at(what + "_layer_offset") + " is not less than " + what + "_layer_period");
  return [=](std::size_t i) { return static_cast<int64_t>(i) % period == offset; };
}

blocks::MambaShape read_mamba(Config& c, const blocks::DecoderShape& s) {
  blocks::MambaShape m;
  m.hidden = s.hidden, m.norm = s.norm;
  m.inner = c.integer_or("mamba_expand", 2, 1, 64) * s.hidden;
  m.states = c.integer_or("mamba_d_state", 16, 1, 1 << 16);
  m.kernel = c.integer_or("mamba_d_conv", 4, 2, 1 << 10);
  m.rank = (s.hidden + 15) / 16;
  if (c.get("mamba_dt_rank").string() != "auto") m.rank = c.integer_or("mamba_dt_rank", m.rank, 1, 1 << 16);
  m.bias = c.flag_or("mamba_proj_bias", false), m.conv_bias = c.flag_or("mamba_conv_bias", true);
  m.activation = s.mlp.activation;
  m.inner_norms = blocks::MambaShape::kWeighted;
  m.log_decay = c.text_or("decay", "log") != "stored";
  c.only("mamba_inner_layernorms", true);
  c.harmless({"use_mamba_kernels", "use_mambapy", "use_associative_scan"});
  return m;
}

struct Jamba : Family {
  static constexpr std::string_view kType = "jamba", kGguf = "jamba";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("jamba", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 262144, .kv_heads = 8, .no_rope = true});
    c.alias("num_experts", "num_local_experts");
    blocks::read_experts(
        c, s, {.experts_key = "num_experts", .experts = 16, .chosen = 2, .inner_key = "intermediate_size"});
    const auto attends = read_period(c, "attn", 8, 4), routes = read_period(c, "expert", 2, 1);
    const Json kinds = c.get("layers_block_type"), experts = c.get("layers_num_experts");
    for (std::size_t i = 0; i < s.layers.size(); ++i) {
      blocks::LayerShape& l = s.layers[i];
      if (!(kinds.null() ? attends(i) : kinds.at(i).string() == "attention")) l.mixer = blocks::MixerKind::kKept;
      l.experts = (experts.null() ? routes(i) : experts.at(i).integer() > 1) && s.moe.experts > 1;
    }
    const blocks::MambaShape m = read_mamba(c, s);
    s.mixer = [m](const blocks::Step& step, const Scope& layer, std::size_t i, Tensor x) {
      return blocks::mamba(step, layer / "mixer", "layers." + std::to_string(i), x, m);
    };
    if (c.has("sliding_window")) refuse(c.at("sliding_window") + " is not null, which is not implemented");
    c.harmless({"num_logits_to_keep", "calc_logits_for_entire_prompt"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return Names{.rules = {{"mixer.conv1d.weight", "mamba.conv1d.weight", without_axis(1)}, {"mixer", "mamba"},
                     {"model.norm", "model.final_layernorm"}, {"post_attention_layernorm", "pre_ff_layernorm"},
                     {"mlp.gate", "feed_forward.router"}, {"mlp", "feed_forward"},
                     {"experts.gate_proj", "experts.*.gate_proj", as_stored},
                     {"experts.up_proj", "experts.*.up_proj", as_stored},
                     {"experts.down_proj", "experts.*.down_proj", as_stored}}};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    gguf_experts(m, c);
    gguf_layers_with_heads(m, c, "layers_block_type", "attention", "mamba");
    const int64_t inner = m.integer("ssm.inner_size"), hidden = m.integer("embedding_length"),
                  layers = m.integer("block_count");
    if (inner % hidden != 0) refuse(m.at("ssm.inner_size") + " is no multiple of embedding_length");
    if (layers > 1 << 12) refuse(m.at("block_count") + " is " + std::to_string(layers));
    std::string experts;
    for (int64_t i = 0; i < layers; ++i)
      experts += (i ? "," : "") + std::to_string(m.has_tensor("blk." + std::to_string(i) + ".ffn_gate_inp.weight")
                                                     ? m.integer("expert_count")
                                                     : 1);
    c.raw("layers_num_experts", "[" + experts + "]");
    c.set("mamba_expand", inner / hidden)
        .set("mamba_d_state", m.integer("ssm.state_size"))
        .set("mamba_d_conv", m.integer("ssm.conv_kernel"))
        .set("mamba_dt_rank", m.integer("ssm.time_step_rank"))
        .set("decay", "stored");
  }
};

}  // namespace weft::jamba

WEFT_FAMILY("weft.jamba", weft::jamba::Jamba)
