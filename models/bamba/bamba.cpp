// bamba and granitemoehybrid: attention in some layers, Mamba-2 in the others.
#include "weft/blocks/decoder.hpp"
#include "weft/blocks/mamba_config.hpp"
#include "weft/sdk/family.hpp"

namespace weft::bamba {

using namespace sdk;

void mix_with_mamba(Config& c, blocks::DecoderShape& s) {
  blocks::MambaShape m = blocks::read_mamba2(c, s.hidden, s.norm);
  m.activation = s.mlp.activation;
  s.mixer = [m](const blocks::Step& step, const Scope& layer, std::size_t i, Tensor x) {
    return blocks::mamba2(step, layer / "mamba", "layers." + std::to_string(i), x, m);
  };
}

struct Bamba : Family {
  static constexpr std::string_view kType = "bamba";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("bamba", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s =
        blocks::read_decoder(c, {.context = 262144, .kv_heads = 8, .eps = 1e-5, .rope = {.partial = 0.5}});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.mlp.bias = c.flag_or("mlp_bias", false);
    const Json attends = c.get("attn_layer_indices");
    for (blocks::LayerShape& l : s.layers) l.mixer = blocks::MixerKind::kKept;
    for (uint64_t k = 0; k < attends.size(); ++k) {
      const int64_t layer = attends.at(k).integer();
      if (layer >= 0 && layer < static_cast<int64_t>(s.layers.size()))
        s.layers[static_cast<std::size_t>(layer)].mixer = blocks::MixerKind::kAttention;
    }
    mix_with_mamba(c, s);
    c.harmless({"num_logits_to_keep", "z_loss_coefficient", "attn_rotary_emb"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return {.rules = {{"model.norm", "model.final_layernorm"}, {"post_attention_layernorm", "pre_ff_layernorm"},
                {"mlp", "feed_forward"}, {"mamba.conv1d.weight", "mamba.conv1d.weight", without_axis(1)}}};
  }
};

/// From [experts, gates and up projections, in], of which gates come first, takes `count` rows of each expert from
/// `start` on.
Transform half_of_experts(int64_t start, int64_t count) {
  return [=](Stored s) {
    if (s.dims.size() != 3 || s.dims[1] != 2 * count)
      refuse("tensor " + s.name + " is not of gates and up projections of experts");
    s.dims[1] = count;
    s.value = s.value.slice(1, start, count);
    return s;
  };
}

struct GraniteMoeHybrid : Family {
  static constexpr std::string_view kType = "granitemoehybrid";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("granitemoehybrid", json);
    c.unread({"partial_rotary_factor"});
    c.alias("layer_types", "layers_block_type");
    const std::string positions = c.text_or("position_embedding_type", "");
    if (!positions.empty() && positions != "rope" && positions != "nope")
      refuse(c.at("position_embedding_type") + " is \"" + positions + "\"");
    blocks::DecoderShape s = blocks::read_decoder(c, {.no_rope = positions != "rope"});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.attention.rule.scale = c.number_or("attention_multiplier", 1);
    s.embedding_scale = c.number_or("embedding_multiplier", 1),
    s.residual.scale = c.number_or("residual_multiplier", 1);
    const double scaling = c.number_or("logits_scaling", 1);
    if (scaling == 0) refuse(c.at("logits_scaling") + " is 0");
    s.logit_scale = 1 / scaling;
    const Json types = c.get("layer_types");
    if (!types.null() && (!types.is_array() || types.size() != s.layers.size()))
      refuse(c.at("layer_types") + " is not a list of num_hidden_layers kinds");
    for (std::size_t i = 0; i < s.layers.size(); ++i) {
      const std::string_view type = types.null() ? "mamba" : types.at(i).string();
      if (type == "mamba" || type == "linear_attention")
        s.layers[i].mixer = blocks::MixerKind::kKept;
      else if (type != "attention" && type != "full_attention")
        refuse(c.at("layer_types") + " has \"" + std::string(type) + "\", expected mamba or attention");
    }
    const int64_t shared = c.integer_or("shared_intermediate_size", 1024, 1, 1 << 24);
    c.alias("num_local_experts", "num_experts");
    if (c.integer_or("num_local_experts", 8, 0, 1 << 16) > 0) {
      blocks::read_experts(
          c, s, {.experts_key = "num_local_experts", .experts = 8, .chosen = 2, .inner_key = "intermediate_size"});
      s.moe.renormalise = true, s.moe.shared_inner = shared;
    }
    s.mlp.inner = shared;
    mix_with_mamba(c, s);
    c.harmless({"num_experts_per_tok", "init_method", "normalization_function", "mlp_bias", "rope_theta",
        "rope_scaling", "rope_parameters"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json& c) {
    const int64_t inner = c["intermediate_size"].integer(), shared = c["shared_intermediate_size"].integer();
    return {.rules = {{"mlp.experts.gate_proj", "block_sparse_moe.input_linear", half_of_experts(0, inner)},
                {"mlp.experts.up_proj", "block_sparse_moe.input_linear", half_of_experts(inner, inner)},
                {"mlp.experts.down_proj", "block_sparse_moe.output_linear", as_stored},
                {"mlp.gate", "block_sparse_moe.router.layer"},
                {"mlp.shared_expert.gate_proj", "shared_mlp.input_linear", rows(0, shared)},
                {"mlp.shared_expert.up_proj", "shared_mlp.input_linear", rows(shared, shared)},
                {"mlp.shared_expert.down_proj", "shared_mlp.output_linear", as_stored},
                {"mlp.gate_proj", "shared_mlp.input_linear", rows(0, shared)},
                {"mlp.up_proj", "shared_mlp.input_linear", rows(shared, shared)},
                {"mlp.down_proj", "shared_mlp.output_linear", as_stored},
                {"mamba.conv1d.weight", "mamba.conv1d.weight", without_axis(1)}}};
  }
};

}  // namespace weft::bamba

WEFT_FAMILY("weft.bamba", weft::bamba::Bamba, weft::bamba::GraniteMoeHybrid)
