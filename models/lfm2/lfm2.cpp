// lfm2 and lfm2_moe: attention in some layers, gated short convolutions in the others.
#include "weft/blocks/decoder.hpp"
#include "weft/blocks/ssm.hpp"
#include "weft/sdk/family.hpp"
#include "weft/sdk/gguf_layers.hpp"

namespace weft::lfm2 {

using namespace sdk;

/// layer_types or full_attn_idxs says which layers attend; without both, all do.
void read_layers(Config& c, blocks::DecoderShape& s) {
  const Json types = c.get("layer_types"), attend = c.get("full_attn_idxs");
  if (!types.null() && (!types.is_array() || types.size() != s.layers.size()))
    refuse(c.at("layer_types") + " is not a list of num_hidden_layers " + std::to_string(s.layers.size()) + " kinds");
  for (std::size_t i = 0; i < s.layers.size(); ++i) {
    bool conv = false;
    if (!types.null()) {
      conv = types.at(i).string() == "conv";
      if (!conv && types.at(i).string() != "full_attention")
        refuse(c.at("layer_types") + " has \"" + std::string(types.at(i).string()) +
               "\", expected full_attention or conv");
    } else if (!attend.null()) {
      conv = true;
      for (uint64_t k = 0; k < attend.size(); ++k) conv = conv && attend.at(k).integer() != static_cast<int64_t>(i);
    }
    if (conv) s.layers[i].mixer = blocks::MixerKind::kKept;
  }
}

/// The MLP's width: block_ff_dim, or else intermediate_size. Unless block_auto_adjust_ff_dim is false this becomes two
/// thirds of it, which is multiplied and rounded up.
int64_t read_inner(Config& c, int64_t inner) {
  inner = c.integer_or("block_ff_dim", inner, 1, 1 << 24);
  const int64_t multiple = c.integer_or("block_multiple_of", 256, 1, 1 << 24);
  const double by = c.number_or("block_ffn_dim_multiplier", 1);
  const bool multiplied = !c.has("block_auto_adjust_ff_dim") || c.flag_or("block_auto_adjust_ff_dim", true);
  if (!multiplied) return inner;
  inner = 2 * inner / 3;
  const bool none = !c.get("block_ffn_dim_multiplier").absent() && c.get("block_ffn_dim_multiplier").null();
  if (none) return inner;
  const double width = by * static_cast<double>(inner);
  if (!(width >= 1 && width <= 1 << 24)) refuse(c.at("block_ffn_dim_multiplier") + " is out of range");
  return (static_cast<int64_t>(width) + multiple - 1) / multiple * multiple;
}

/// What lfm2 and lfm2_moe have in common.
blocks::DecoderShape read_common(Config& c) {
  c.alias("rope_theta", "theta"), c.alias("num_attention_heads", "num_heads"),
      c.alias("intermediate_size", "block_ff_dim");
  blocks::DecoderShape s = blocks::read_decoder(c,
      {.context = 128000, .kv_heads = 8, .tied = true, .eps_key = "norm_eps", .eps = 1e-5, .rope = {.theta = 1e6}});
  s.tied = c.flag_or("tie_embedding", s.tied);
  s.attention.qk_norm = blocks::QkNorm::kHead;
  read_layers(c, s);
  const int64_t kernel = c.integer_or("conv_L_cache", 3, 2, 1 << 10);
  const bool bias = c.flag_or("conv_bias", false);
  s.mixer = [hidden = s.hidden, kernel, bias](const blocks::Step& step, const Scope& layer, std::size_t i, Tensor x) {
    return blocks::short_conv(step, layer / "conv", "layers." + std::to_string(i), x, hidden, kernel, bias);
  };
  c.harmless({"block_dim", "block_mlp_init_scale", "block_norm_eps", "block_out_init_scale", "block_use_swiglu",
      "block_use_xavier_init", "conv_dim", "conv_dim_out", "conv_use_xavier_init", "use_pos_enc"});
  return s;
}

struct Lfm2 : Family {
  static constexpr std::string_view kType = "lfm2", kGguf = "lfm2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("lfm2", json);
    c.unread({"hidden_act", "partial_rotary_factor"});
    blocks::DecoderShape s = read_common(c);
    s.mlp.inner = read_inner(c, s.mlp.inner);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return {.rules = {{"model.norm", "model.embedding_norm"}, {"input_layernorm", "operator_norm"},
                {"post_attention_layernorm", "ffn_norm"}, {"self_attn.o_proj", "self_attn.out_proj"},
                {"self_attn.q_norm", "self_attn.q_layernorm"}, {"self_attn.k_norm", "self_attn.k_layernorm"},
                {"mlp.gate_proj", "feed_forward.w1"}, {"mlp.up_proj", "feed_forward.w3"},
                {"mlp.down_proj", "feed_forward.w2"}, {"conv.conv.weight", "conv.conv.weight", without_axis(1)}}};
  }
  static Names gguf(const Json&) {
    return {.rules = {{"model.norm", "token_embd_norm", as_stored}, {"conv.in_proj", "shortconv.in_proj"},
                {"conv.conv", "shortconv.conv"}, {"conv.out_proj", "shortconv.out_proj"}}};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    c.set("norm_eps", m.number_or("attention.layer_norm_rms_epsilon", 1e-5));
    c.set("conv_L_cache", m.integer("shortconv.l_cache")).set("block_auto_adjust_ff_dim", false);
    gguf_layers_with_heads(m, c, "layer_types", "full_attention", "conv");
  }
};

struct Lfm2Moe : Lfm2 {
  static constexpr std::string_view kType = "lfm2_moe", kGguf = "lfm2moe";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("lfm2_moe", json);
    c.unread({"hidden_act", "partial_rotary_factor"});
    blocks::DecoderShape s = read_common(c);
    blocks::read_experts(c, s,
        {.experts_key = "num_experts",
            .experts = 32,
            .chosen = 4,
            .inner_key = "moe_intermediate_size",
            .inner = 1792});
    const int64_t dense = c.integer_or("num_dense_layers", 2, 0);
    for (std::size_t i = 0; i < s.layers.size(); ++i) s.layers[i].experts = static_cast<int64_t>(i) >= dense;
    s.moe.sigmoid = true, s.moe.correction = c.flag_or("use_expert_bias", true);
    s.moe.renormalise = c.flag_or("norm_topk_prob", true), s.moe.scale = c.number_or("routed_scaling_factor", 1);
    c.harmless({"block_auto_adjust_ff_dim"});  // gguf_config of lfm2 sets it
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json& c) {
    return Names{
        .rules = {{"mlp.gate.e_score_correction_bias", "feed_forward.expert_bias"}, {"mlp.gate", "feed_forward.gate"},
            {"mlp.experts.gate_proj", "feed_forward.experts.*.w1", as_stored},
            {"mlp.experts.up_proj", "feed_forward.experts.*.w3", as_stored},
            {"mlp.experts.down_proj", "feed_forward.experts.*.w2", as_stored}}}
        .with(Lfm2::hf(c).rules);
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    Lfm2::gguf_config(m, c);
    gguf_experts(m, c);
    m.only("expert_gating_func", 2);
    c.set("num_dense_layers", m.integer_or("leading_dense_block_count", 0));
  }
};

}  // namespace weft::lfm2

WEFT_FAMILY("weft.lfm2", weft::lfm2::Lfm2, weft::lfm2::Lfm2Moe)
