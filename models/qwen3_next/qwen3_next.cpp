// qwen3_next: gated attention in every fourth layer, gated delta networks in the others, experts in all.
#include "weft/blocks/decoder.hpp"
#include "weft/blocks/delta.hpp"
#include "weft/sdk/family.hpp"

namespace weft::qwen3_next {

using namespace sdk;

/// The layers that attend: those that layer_types names, or else every full_attention_interval-th.
void read_layers(Config& c, blocks::DecoderShape& s) {
  const Json types = c.get("layer_types");
  const int64_t interval = c.integer_or("full_attention_interval", 4);
  if (!types.null() && (!types.is_array() || types.size() != s.layers.size()))
    refuse(c.at("layer_types") + " is not a list of num_hidden_layers kinds");
  for (std::size_t i = 0; i < s.layers.size(); ++i) {
    bool linear = static_cast<int64_t>(i + 1) % interval != 0;
    if (!types.null()) {
      const std::string_view type = types.at(i).string();
      linear = type == "linear_attention";
      if (!linear && type != "full_attention")
        refuse(
            c.at("layer_types") + " has \"" + std::string(type) + "\", expected linear_attention or full_attention");
    }
    if (linear) s.layers[i].mixer = blocks::MixerKind::kKept;
  }
}

blocks::DeltaShape read_delta(Config& c, const blocks::DecoderShape& s) {
  blocks::DeltaShape d;
  d.hidden = s.hidden, d.norm = s.norm, d.activation = s.mlp.activation;
  d.key_heads = c.integer_or("linear_num_key_heads", 16, 1, 1 << 12),
  d.value_heads = c.integer_or("linear_num_value_heads", 32, 1, 1 << 12);
  d.key_dim = c.integer_or("linear_key_head_dim", 128, 1, 1 << 12),
  d.value_dim = c.integer_or("linear_value_head_dim", 128, 1, 1 << 12);
  d.kernel = c.integer_or("linear_conv_kernel_dim", 4, 2, 1 << 10);
  if (d.value_heads % d.key_heads != 0)
    refuse(c.at("linear_num_value_heads") + " is no multiple of linear_num_key_heads");
  return d;
}

struct Qwen3Next : Family {
  static constexpr std::string_view kType = "qwen3_next";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("qwen3_next", json);
    blocks::DecoderShape s =
        blocks::read_decoder(c, {.context = 32768, .kv_heads = 2, .head_dim = 256, .rope = {.partial = 0.25}});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.attention.qk_norm = blocks::QkNorm::kHead;
    s.attention.gated = true;
    read_layers(c, s);
    blocks::read_experts(c, s,
        {.experts_key = "num_experts",
            .experts = 512,
            .chosen = 10,
            .inner_key = "moe_intermediate_size",
            .inner = 512});
    blocks::read_sparse_layers(c, s);
    s.moe.renormalise = c.flag_or("norm_topk_prob", true);
    s.moe.shared_inner = c.integer_or("shared_expert_intermediate_size", 512, 1, 1 << 24);
    s.moe.shared_gate = true;
    s.mixer = [d = read_delta(c, s)](const blocks::Step& step, const Scope& layer, std::size_t i, Tensor x) {
      return blocks::delta_net(step, layer / "linear_attn", "layers." + std::to_string(i), x, d);
    };
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  /// Norms multiply by 1 + weight, except those in delta networks. q_proj has for each head the query, then its gate.
  static Names hf(const Json& c) {
    const int64_t heads = c["num_attention_heads"].integer();
    Names names{.rules = {{"self_attn.q_proj", "self_attn.q_proj", heads_of_groups(heads, 2, 0, 1)},
                    {"self_attn.gate_proj", "self_attn.q_proj", heads_of_groups(heads, 2, 1, 1)},
                    {"linear_attn.conv1d.weight", "linear_attn.conv1d.weight", without_axis(1)}},
        .ignored = {{"mtp.", "predicts further tokens, which is not used"}}};
    for (std::string_view norm :
        {"input_layernorm", "post_attention_layernorm", "self_attn.q_norm", "self_attn.k_norm", "model.norm"})
      names.rules.push_back({norm, norm, offset(1)});
    return std::move(names).with(expert_names());
  }
};

}  // namespace weft::qwen3_next

WEFT_FAMILY("weft.qwen3_next", weft::qwen3_next::Qwen3Next)
