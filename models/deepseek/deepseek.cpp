// deepseek_v2 and deepseek_v3: latent attention over a compressed cache; experts in groups, beside shared ones.
#include "weft/blocks/decoder.hpp"
#include "weft/blocks/mla.hpp"
#include "weft/sdk/family.hpp"

namespace weft::deepseek {

using namespace sdk;

blocks::DecoderShape read_stream(Config& c) {
  return blocks::read_decoder(c, {.context = 4096, .no_attention = true});
}

void read_attention(Config& c, blocks::DecoderShape& s, bool interleaved) {
  blocks::LatentShape a;
  a.hidden = s.hidden;
  a.heads = c.integer("num_attention_heads", 1, 1 << 16);
  // A rank of null: q is projected at once.
  a.q_rank = c.get("q_lora_rank").absent() ? 1536 : c.integer_or("q_lora_rank", 0, 1, 1 << 16);
  a.kv_rank = c.integer_or("kv_lora_rank", 512, 1, 1 << 16);
  a.plain = c.integer_or("qk_nope_head_dim", 128, 1, 1 << 16),
  a.rotated = c.integer_or("qk_rope_head_dim", 64, 2, 1 << 16);
  a.value = c.integer_or("v_head_dim", 128, 1, 1 << 16);
  a.bias = c.flag_or("attention_bias", false);
  const blocks::Rope rope =
      blocks::read_rope(c, a.rotated, 10000, s.context, {.interleaved = interleaved, .rotated = a.rotated});
  a.scale = rope.score_factor / std::sqrt(static_cast<double>(a.plain + a.rotated));
  s.ropes = {rope};
  for (blocks::LayerShape& l : s.layers) l.mixer = blocks::MixerKind::kPaged;
  s.mixer = [a, rope](const blocks::Step& step, const Scope& layer, std::size_t i, Tensor x) {
    return blocks::latent_attention(
        step, layer / "self_attn", "layers." + std::to_string(i), x, step.angles.at(0), rope, a);
  };
  c.harmless({"num_key_value_heads", "head_dim", "qk_head_dim"});  // sizes of what the cache would expand to
}

/// The values that transformers takes for absent keys.
struct ExpertDefaults {
  int64_t experts, shared, chosen, inner, first_dense;
  double scale;
};

void read_routing(Config& c, blocks::DecoderShape& s, const ExpertDefaults& d) {
  c.alias("n_routed_experts", "num_experts"), c.alias("n_routed_experts", "num_local_experts");
  blocks::read_experts(c, s,
      {.experts_key = "n_routed_experts",
          .experts = d.experts,
          .chosen = d.chosen,
          .inner_key = "moe_intermediate_size",
          .inner = d.inner});
  const int64_t dense = c.integer_or("first_k_dense_replace", d.first_dense, 0);
  for (std::size_t i = 0; i < s.layers.size(); ++i) s.layers[i].experts = static_cast<int64_t>(i) >= dense;
  if (c.integer_or("moe_layer_freq", 1) != 1) refuse(c.at("moe_layer_freq") + " is not 1, which is not implemented");
  const int64_t shared =
      c.get("n_shared_experts").absent() ? d.shared : c.integer_or("n_shared_experts", 0, 0, 1 << 10);
  s.moe.shared_inner = shared * s.moe.inner;
  s.moe.scale = c.number_or("routed_scaling_factor", d.scale);
  c.harmless({"aux_loss_alpha", "seq_aux", "ep_size", "num_nextn_predict_layers", "num_mtp_layers"});
}

void read_groups(Config& c, blocks::DecoderShape& s, int64_t groups, int64_t chosen, int64_t best) {
  blocks::MoeShape& m = s.moe;
  m.groups = c.integer_or("n_group", groups, 1, m.experts);
  m.chosen_groups = c.integer_or("topk_group", chosen, 1, m.groups);
  if (m.experts % m.groups != 0) refuse(c.at("n_group") + " does not divide n_routed_experts");
  if (m.chosen > m.experts / m.groups * m.chosen_groups)
    refuse(c.at("topk_group") + ": the groups have less than num_experts_per_tok experts");
  m.group_best = best;
  if (best > m.experts / m.groups)
    refuse(c.at("n_group") + ": a group has less than " + std::to_string(best) + " experts");
}

/// The rows of kv_b_proj with the keys of each head, as [heads, kv_rank, plain], or with its values, as [heads, value,
/// kv_rank].
Transform heads_of_latent(const Json& config, bool values) {
  const int64_t heads = config["num_attention_heads"].integer(),
                plain = config["qk_nope_head_dim"].absent() ? 128 : config["qk_nope_head_dim"].integer(),
                value = config["v_head_dim"].absent() ? 128 : config["v_head_dim"].integer();
  return [=](Stored s) {
    if (s.dims.size() != 2 || heads <= 0 || plain <= 0 || value <= 0 || s.dims[0] != heads * (plain + value))
      refuse("tensor " + s.name + " does not divide into heads of qk_nope_head_dim and v_head_dim");
    const int64_t rank = s.dims[1];
    const Expression head = s.value.reshape({heads, plain + value, rank});
    s.dims = values ? std::vector<int64_t>{heads, value, rank} : std::vector<int64_t>{heads, rank, plain};
    s.value = values ? head.slice(1, plain, value) : head.slice(1, 0, plain).permute({0, 2, 1});
    return s;
  };
}

struct DeepSeek : Family {
  static constexpr std::string_view kGguf = "deepseek2";
  static constexpr bool kYarnScores = true;

  static Names hf(const Json& c) {
    Names names{.rules = {{"self_attn.k_b_proj.weight", "self_attn.kv_b_proj.weight", heads_of_latent(c, false)},
                    {"self_attn.v_b_proj.weight", "self_attn.kv_b_proj.weight", heads_of_latent(c, true)},
                    {"mlp.shared_expert", "mlp.shared_experts"}}};
    const int64_t layers = c["num_hidden_layers"].integer();
    for (int64_t i = 0;
         i < std::min<int64_t>(c["num_nextn_predict_layers"].integer() + c["num_mtp_layers"].integer(), 64); ++i)
      names.ignored_where.push_back({"model.layers." + std::to_string(layers + i) + ".", "eh_proj.weight",
          "predicts further tokens, which is not used"});
    return std::move(names).with(expert_names());
  }
  /// Older files have keys and values in one tensor, as published.
  static Names gguf(const Json& c) {
    return {.rules = {{"self_attn.k_b_proj", "attn_k_b", as_stored},
                {"self_attn.k_b_proj", "attn_kv_b", heads_of_latent(c, false)},
                {"self_attn.v_b_proj", "attn_v_b", as_stored},
                {"self_attn.v_b_proj", "attn_kv_b", heads_of_latent(c, true)}}};
  }
  static bool sigmoid(const Checkpoint& c) { return c.metadata()["deepseek2.expert_gating_func"].integer() == 2; }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    gguf_experts(m, c);
    const int64_t rope = m.integer("rope.dimension_count"),
                  key = m.integer_or("attention.key_length_mla", m.integer("attention.key_length"));
    const int64_t groups = m.integer_or("expert_group_count", 1), q_rank = m.integer_or("attention.q_lora_rank", 0);
    m.get("attention.head_count_kv"), m.get("expert_gating_func"), m.only("attention.temperature_scale", 0);
    c.set("attention_bias", m.has_tensor("blk.0.attn_kv_a_mqa.bias"))
        .set("n_routed_experts", m.integer("expert_count"))
        .set("n_shared_experts", m.integer_or("expert_shared_count", 0))
        .set("first_k_dense_replace", m.integer_or("leading_dense_block_count", 0))
        .set("routed_scaling_factor", m.number_or("expert_weights_scale", 1))
        .set("norm_topk_prob", m.get("expert_weights_norm").integer() != 0)
        .set("n_group", groups)
        .set("topk_group", m.integer_or("expert_group_used_count", groups))
        .set("kv_lora_rank", m.integer("attention.kv_lora_rank"))
        .set("qk_nope_head_dim", key - rope)
        .set("qk_rope_head_dim", rope)
        .set("v_head_dim", m.integer_or("attention.value_length_mla", m.integer("attention.value_length")));
    q_rank > 0 ? void(c.set("q_lora_rank", q_rank)) : void(c.raw("q_lora_rank", "null"));
    if (groups > 1) c.set("topk_method", sigmoid(m.checkpoint) ? "noaux_tc" : "group_limited_greedy");
  }
};

struct DeepSeekV2 : DeepSeek {
  static constexpr std::string_view kType = "deepseek_v2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("deepseek_v2", json);
    blocks::DecoderShape s = read_stream(c);
    read_attention(c, s, true);
    read_routing(c, s, {.experts = 64, .shared = 2, .chosen = 6, .inner = 1407, .first_dense = 0, .scale = 1});
    const std::string method = c.text_or("topk_method", "greedy");
    if (method != "greedy" && method != "group_limited_greedy")
      refuse(c.at("topk_method") + " is \"" + method + "\", expected greedy or group_limited_greedy");
    if (method == "greedy") c.harmless({"n_group", "topk_group"});
    if (method != "greedy") read_groups(c, s, 1, 1, 1);
    if (c.text_or("scoring_func", "softmax") != "softmax") refuse(c.at("scoring_func") + " is not \"softmax\"");
    c.only("norm_topk_prob", false), c.only("mlp_bias", false);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static bool is_gguf(const Checkpoint& c) { return !sigmoid(c); }
};

struct DeepSeekV3 : DeepSeek {
  static constexpr std::string_view kType = "deepseek_v3";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("deepseek_v3", json);
    blocks::DecoderShape s = read_stream(c);
    read_attention(c, s, c.flag_or("rope_interleave", true));
    read_routing(c, s, {.experts = 256, .shared = 1, .chosen = 8, .inner = 2048, .first_dense = 3, .scale = 2.5});
    read_groups(c, s, 8, 4, 2);
    s.moe.sigmoid = s.moe.correction = true;
    s.moe.renormalise = c.flag_or("norm_topk_prob", true);
    if (c.text_or("scoring_func", "sigmoid") != "sigmoid") refuse(c.at("scoring_func") + " is not \"sigmoid\"");
    if (c.text_or("topk_method", "noaux_tc") != "noaux_tc") refuse(c.at("topk_method") + " is not \"noaux_tc\"");
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static bool is_gguf(const Checkpoint& c) { return sigmoid(c); }
};

}  // namespace weft::deepseek

WEFT_FAMILY("weft.deepseek", weft::deepseek::DeepSeekV2, weft::deepseek::DeepSeekV3)
