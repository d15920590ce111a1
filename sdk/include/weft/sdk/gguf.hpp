// What GGUF files of all architectures share: the names of their tensors, and their metadata, which is turned into a
// config with the keys of config.json.
#pragma once

#include <set>
#include <string>

#include "weft/sdk/config.hpp"
#include "weft/sdk/inline.hpp"
#include "weft/sdk/names.hpp"

namespace weft::sdk {

/// llama.cpp's names, which apply after a family's own exceptions. "model.layers" has become "blk" before.
WEFT_SDK_INLINE std::vector<Rename> gguf_rules() {
  return {{"model.embed_tokens", "token_embd"},
          {"model.embed_positions", "position_embd"},
          {"model.embed_layernorm", "token_embd_norm"},
          {"model.norm", "output_norm"},
          {"lm_head", "output"},
          {"model.rope_factors", "rope_freqs"},
          {"model.rope_factors_short", "rope_factors_short"},
          {"model.rope_factors_long", "rope_factors_long"},
          {"self_attn.sinks", "attn_sinks.weight"},
          {"self_attn.q_a_proj", "attn_q_a"},
          {"self_attn.q_a_layernorm", "attn_q_a_norm"},
          {"self_attn.q_b_proj", "attn_q_b"},
          {"self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"},
          {"self_attn.kv_a_layernorm", "attn_kv_a_norm"},
          {"self_attn.q_proj", "attn_q"},
          {"self_attn.k_proj", "attn_k"},
          {"self_attn.v_proj", "attn_v"},
          {"self_attn.o_proj", "attn_output"},
          {"self_attn.q_norm", "attn_q_norm"},
          {"self_attn.k_norm", "attn_k_norm"},
          {"input_layernorm", "attn_norm"},
          {"post_attention_layernorm", "post_attention_norm", as_stored},
          {"post_attention_layernorm", "ffn_norm"},
          {"pre_feedforward_layernorm", "ffn_norm"},
          {"post_feedforward_layernorm", "post_ffw_norm"},
          {"mlp.gate.e_score_correction_bias", "exp_probs_b.bias"},
          {"mlp.gate", "ffn_gate_inp"},
          {"mlp.experts.gate_proj", "ffn_gate_up_exps", half_of_experts(false)},
          {"mlp.experts.up_proj", "ffn_gate_up_exps", half_of_experts(true)},
          {"mlp.experts.gate_proj", "ffn_gate_exps"},
          {"mlp.experts.up_proj", "ffn_up_exps"},
          {"mlp.experts.down_proj", "ffn_down_exps"},
          {"mlp.shared_expert.gate_proj", "ffn_gate_shexp"},
          {"mlp.shared_expert.up_proj", "ffn_up_shexp"},
          {"mlp.shared_expert.down_proj", "ffn_down_shexp"},
          {"mlp.shared_expert_gate", "ffn_gate_inp_shexp"},
          {"mlp.gate_proj", "ffn_gate"},
          {"mlp.up_proj", "ffn_up"},
          {"mlp.down_proj", "ffn_down"},
          {"mixer.in_proj", "ssm_in"},
          {"mixer.conv1d", "ssm_conv1d"},
          {"mixer.x_proj", "ssm_x"},
          {"mixer.dt_proj", "ssm_dt"},
          {"mixer.A", "ssm_a"},
          {"mixer.D", "ssm_d"},
          {"mixer.norm", "ssm_norm"},
          {"mixer.dt_layernorm", "ssm_dt_norm"},
          {"mixer.b_layernorm", "ssm_b_norm"},
          {"mixer.c_layernorm", "ssm_c_norm"},
          {"mixer.out_proj", "ssm_out"}};
}

/// The metadata of one architecture. finish() warns of the architecture's keys that nobody has read.
class GgufMetadata {
 public:
  GgufMetadata(const Checkpoint& c)
      : checkpoint(c), json_(c.metadata()), arch_(json_["general.architecture"].string()) {}

  Json get(std::string_view key) {
    const std::string full = arch_ + "." + std::string(key);
    known_.insert(full);
    return json_[full];
  }
  int64_t integer(std::string_view key) {
    const Json v = get(key);
    if (!v.is_integer() || v.integer() <= 0) refuse(at(key) + " is missing or no positive number");
    return v.integer();
  }
  int64_t integer_or(std::string_view key, int64_t fallback) {
    const Json v = get(key);
    if (v.null()) return fallback;
    if (!v.is_integer()) refuse(at(key) + " is no integer (a value for each layer is not in this family)");
    return v.integer();
  }
  double number_or(std::string_view key, double fallback) {
    const Json v = get(key);
    if (v.null()) return fallback;
    if (!v.is_number()) refuse(at(key) + " is no number");
    return v.number();
  }
  /// Refuses a key that has another value than the one implemented.
  void only(std::string_view key, double value) {
    if (number_or(key, value) != value)
      refuse(at(key) + " is " + json_number(get(key).number()) + ", only " + json_number(value) + " is implemented");
  }
  bool has_tensor(const std::string& name) const { return checkpoint.has(name); }
  /// Whether q, k and v have biases.
  bool has_qkv_bias() const { return has_tensor("blk.0.attn_q.bias") || has_tensor("blk.0.attn_qkv.bias"); }
  std::string at(std::string_view key) const { return "metadata " + arch_ + "." + std::string(key); }

  void finish() const {
    for (uint64_t i = 0; i < json_.size(); ++i) {
      const std::string_view key = json_.key(i);
      if (key.rfind(arch_ + ".", 0) != 0 || known_.count(std::string(key))) continue;
      log(WEFT_LOG_WARN, arch_ + ".gguf", "metadata key not known to this family, ignored: " + std::string(key));
    }
  }

  const Checkpoint& checkpoint;
  bool yarn_truncates = true;  // YaRN's ramp begins and ends at whole pairs
  bool yarn_scores = false;    // yarn_log_multiplier scales attention's scores: it is 0.1 mscale_all_dim

 private:
  Json json_;
  std::string arch_;
  std::set<std::string> known_;
};

/// rope_scaling as JSON text, as a config.json has it; empty: none.
WEFT_SDK_INLINE std::string gguf_rope_scaling(GgufMetadata& m, int64_t context) {
  JsonObject rope;
  if (m.has_tensor("rope_freqs.weight"))
    return rope.set("rope_type", "factors").text();  // the factors of llama3 scaling, already computed
  const double factor = m.number_or("rope.scaling.factor", m.number_or("rope.scale_linear", 0)),
               attention = m.number_or("rope.scaling.attn_factor", 1);
  const int64_t original = m.integer_or("rope.scaling.original_context_length", 0);
  const double log_multiplier = m.number_or("rope.scaling.yarn_log_multiplier", 0);
  m.get("rope.scaling.finetuned");
  if (m.has_tensor("rope_factors_long.weight")) {
    if (original <= 0) refuse(m.at("rope.scaling.original_context_length") + " is missing");
    return rope.set("rope_type", "longrope")
        .set("factors", "stored")
        .set("attention_factor", attention)
        .set("original_max_position_embeddings", original)
        .set("factor", static_cast<double>(context) / static_cast<double>(original))
        .text();
  }
  std::string type(m.get("rope.scaling.type").string());
  if (type.empty() && factor > 0 && factor != 1) type = "linear";  // as llama.cpp assumes
  if (type.empty() || type == "none") return {};
  rope.set("rope_type", type);
  if (factor > 0) rope.set("factor", factor);
  if (original > 0) rope.set("original_max_position_embeddings", original);
  for (const auto& [key, name] :
      {std::pair{"rope.scaling.yarn_beta_fast", "beta_fast"}, {"rope.scaling.yarn_beta_slow", "beta_slow"}}) {
    if (const double v = m.number_or(key, 0); v > 0) rope.set(name, v);
  }
  if (!m.yarn_truncates) rope.set("truncate", false);
  if (m.yarn_scores && log_multiplier > 0)
    rope.set("mscale", log_multiplier / 0.1).set("mscale_all_dim", log_multiplier / 0.1);
  // It would come on top of the factor that yarn has anyway.
  if (attention != 1) refuse(m.at("rope.scaling.attn_factor") + " is not 1");
  return rope.text();
}

/// The projections of attention that have a bias in the file, as kStoredBiases wants them.
WEFT_SDK_INLINE std::string gguf_biases(GgufMetadata& m) {
  std::string letters;
  const int64_t layers = m.integer("block_count");
  for (const auto& [letter, name] :
       {std::pair{'q', "attn_q"}, {'k', "attn_k"}, {'v', "attn_v"}, {'o', "attn_output"}}) {
    bool there = false;
    for (int64_t i = 0; i < layers && !there; ++i) {
      const std::string layer = "blk." + std::to_string(i) + ".";
      there = m.has_tensor(layer + name + ".bias") || (letter != 'o' && m.has_tensor(layer + "attn_qkv.bias"));
    }
    if (there) letters += letter;
  }
  return letters;
}

/// Sets the keys of heads and rope. Where head_count_kv has a value for each layer, num_key_value_heads is the largest.
WEFT_SDK_INLINE void gguf_attention_config(GgufMetadata& m, int64_t context, JsonObject& c) {
  const int64_t heads = m.integer("attention.head_count");
  c.set("rope_theta", m.number_or("rope.freq_base", 10000));
  if (const std::string scaling = gguf_rope_scaling(m, context); !scaling.empty()) c.raw("rope_scaling", scaling);
  c.set("num_attention_heads", heads).set(kStoredBiases, gguf_biases(m));
  if (!m.get("attention.kv_lora_rank").null()) return;  // latent attention: the family reads the rest
  const int64_t head_dim = m.integer_or("attention.key_length", m.integer("embedding_length") / heads);
  if (head_dim <= 0) refuse(m.at("attention.key_length") + " is not positive");
  if (m.integer_or("attention.value_length", head_dim) != head_dim)
    refuse(m.at("attention.value_length") + " differs from key_length");
  int64_t kv_heads = 0;
  const Json by_layer = m.get("attention.head_count_kv");
  for (uint64_t i = 0; i < by_layer.size(); ++i) kv_heads = std::max(kv_heads, by_layer.at(i).integer());
  if (!by_layer.is_array()) kv_heads = m.integer_or("attention.head_count_kv", heads);
  c.set("num_key_value_heads", kv_heads).set("head_dim", head_dim);
  const int64_t rotated = m.integer_or("rope.dimension_count", head_dim);
  // Also where it is 1, so that no family's default applies.
  c.set("partial_rotary_factor", static_cast<double>(rotated) / static_cast<double>(head_dim));
}

/// Reads the keys that decoders share and sets in `c` what config.json would say.
WEFT_SDK_INLINE void gguf_decoder_config(GgufMetadata& m, JsonObject& c) {
  const int64_t hidden = m.integer("embedding_length"), context = m.integer("context_length");
  const uint32_t embedding = m.checkpoint.find("token_embd.weight");
  if (embedding == WEFT_NONE || m.checkpoint.tensor(embedding).dims.size() != 2)
    refuse("the checkpoint has no matrix token_embd.weight");
  m.get("vocab_size");
  c.set("vocab_size", m.checkpoint.tensor(embedding).dims[0])
      .set("hidden_size", hidden)
      .set("num_hidden_layers", m.integer("block_count"))
      .set("max_position_embeddings", context)
      .set("tie_word_embeddings", !m.has_tensor("output.weight"));
  if (const int64_t inner = m.integer_or("feed_forward_length", 0); inner > 0) c.set("intermediate_size", inner);
  if (const double eps = m.number_or("attention.layer_norm_rms_epsilon", 0); eps > 0) c.set("rms_norm_eps", eps);
  if (const double eps = m.number_or("attention.layer_norm_epsilon", 0); eps > 0) c.set("layer_norm_eps", eps);
  if (m.integer_or("attention.head_count", 0) > 0) gguf_attention_config(m, context, c);
}

/// Sets the additional keys of mixtures of experts.
WEFT_SDK_INLINE void gguf_experts(GgufMetadata& m, JsonObject& c) {
  c.set("num_experts", m.integer("expert_count")).set("num_experts_per_tok", m.integer("expert_used_count"));
  const int64_t inner = m.integer_or("expert_feed_forward_length", 0);
  if (inner > 0) c.set("moe_intermediate_size", inner);
}

}  // namespace weft::sdk
