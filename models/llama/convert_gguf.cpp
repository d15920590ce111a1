// GGUF: the config is made of metadata, names are mapped, and the rows of Q and K, which llama.cpp
// stores for interleaved rope, are put back in halves.
#include "models/llama/converters.hpp"

namespace weft::llama {

using namespace sdk;

namespace {

std::string replaced(std::string name, std::string_view from, std::string_view to) {
  if (const std::size_t at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
  return name;
}

/// The GGUF name of a parameter.
std::string gguf_name(std::string name) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"model.embed_tokens", "token_embd"}, {"lm_head", "output"}, {"model.layers", "blk"},
      {"model.norm", "output_norm"}, {"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"},
      {"self_attn.q_proj", "attn_q"}, {"self_attn.k_proj", "attn_k"}, {"self_attn.v_proj", "attn_v"},
      {"self_attn.o_proj", "attn_output"}, {"mlp.gate_proj", "ffn_gate"}, {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"},
      {"model.rope_factors", "rope_freqs"}};
  for (const auto& [from, to] : kNames) name = replaced(std::move(name), from, to);
  return name;
}

int64_t need(const Json& metadata, std::string_view key) {
  const Json v = metadata[key];
  if (!v.is_integer() || v.integer() <= 0) refuse("metadata " + std::string(key) + " is missing or no positive number");
  return v.integer();
}

int64_t integer_or(const Json& metadata, std::string_view key, int64_t fallback) {
  const Json v = metadata[key];
  if (v.null()) return fallback;
  if (!v.is_integer()) refuse("metadata " + std::string(key) + " is no integer (a value for each layer is not in the llama blueprint)");
  return v.integer();
}

/// Names each key of the architecture that is not looked at: a change of the model may stand there.
void warn_of_unknown_keys(const Json& metadata) {
  static constexpr std::string_view kKnown[] = {
      "llama.block_count", "llama.context_length", "llama.embedding_length", "llama.feed_forward_length", "llama.vocab_size",
      "llama.attention.head_count", "llama.attention.head_count_kv", "llama.attention.key_length", "llama.attention.value_length",
      "llama.attention.layer_norm_rms_epsilon", "llama.attention.sliding_window", "llama.rope.dimension_count", "llama.rope.freq_base",
      "llama.rope.scaling.type", "llama.rope.scaling.factor", "llama.rope.scaling.original_context_length",
      "llama.rope.scaling.finetuned", "llama.rope.scaling.attn_factor", "llama.expert_count", "llama.expert_used_count"};
  for (uint64_t i = 0; i < metadata.size(); ++i) {
    const std::string_view key = metadata.key(i);
    if (key.rfind("llama.", 0) != 0 || std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown)) continue;
    log(WEFT_LOG_WARN, "llama.gguf", "metadata key not known to this family, ignored: " + std::string(key));
  }
}

/// rope_scaling as a config.json has it, or nothing.
std::string rope_scaling(const Checkpoint& c, const Json& m) {
  JsonObject rope;
  if (c.has("rope_freqs.weight")) return rope.set("rope_type", "factors").text();  // llama3 scaling, worked out
  const std::string type(m["llama.rope.scaling.type"].string());
  if (type.empty() || type == "none") return {};
  rope.set("rope_type", type);
  if (m["llama.rope.scaling.factor"].is_number()) rope.set("factor", m["llama.rope.scaling.factor"].number());
  if (m["llama.rope.scaling.original_context_length"].is_number()) {
    rope.set("original_max_position_embeddings", m["llama.rope.scaling.original_context_length"].number());
  }
  const Json attention = m["llama.rope.scaling.attn_factor"];  // on top of what yarn does by itself
  if (attention.is_number() && attention.number() != 1) refuse("metadata llama.rope.scaling.attn_factor is not 1");
  return rope.text();
}

bool has_bias(const Checkpoint& c, std::string_view name) { return c.has("blk.0." + std::string(name) + ".bias"); }

}  // namespace

uint32_t Gguf::probe(const Checkpoint& c) {
  return c.format() == "gguf" && c.metadata()["general.architecture"].string() == "llama" ? 100 : 0;
}

Identity Gguf::identify(const Checkpoint& c) {
  const Json m = c.metadata();
  if (integer_or(m, "llama.expert_count", 0) > 0) {
    refuse("metadata llama.expert_count: mixtures of experts are not in the llama blueprint");
  }
  warn_of_unknown_keys(m);
  const int64_t heads = need(m, "llama.attention.head_count"), hidden = need(m, "llama.embedding_length");
  const int64_t head_dim = integer_or(m, "llama.attention.key_length", hidden / heads);
  if (head_dim <= 0) refuse("metadata llama.attention.key_length is not positive");
  if (integer_or(m, "llama.attention.value_length", head_dim) != head_dim) {
    refuse("metadata llama.attention.value_length differs from key_length");
  }
  const int64_t rotated = integer_or(m, "llama.rope.dimension_count", head_dim);
  const int64_t window = integer_or(m, "llama.attention.sliding_window", 0);
  const uint32_t embedding = c.find("token_embd.weight");
  if (embedding == WEFT_NONE || c.tensor(embedding).dims.size() != 2) refuse("the checkpoint has no matrix token_embd.weight");
  JsonObject config;
  config.set("model_type", window > 0 ? "mistral" : "llama")
      .set("vocab_size", c.tensor(embedding).dims[0])
      .set("hidden_size", hidden)
      .set("intermediate_size", need(m, "llama.feed_forward_length"))
      .set("num_hidden_layers", need(m, "llama.block_count"))
      .set("num_attention_heads", heads)
      .set("num_key_value_heads", integer_or(m, "llama.attention.head_count_kv", heads))
      .set("head_dim", head_dim)
      .set("max_position_embeddings", need(m, "llama.context_length"))
      .set("rms_norm_eps", m["llama.attention.layer_norm_rms_epsilon"].is_number() ? m["llama.attention.layer_norm_rms_epsilon"].number() : 1e-5)
      .set("rope_theta", m["llama.rope.freq_base"].is_number() ? m["llama.rope.freq_base"].number() : 10000.0)
      .set("tie_word_embeddings", !c.has("output.weight"));
  if (window > 0) {
    config.set("sliding_window", window);
  } else {
    config.set("attention_bias", has_bias(c, "attn_q")).set("mlp_bias", has_bias(c, "ffn_gate"));
  }
  if (rotated != head_dim) {
    config.set("partial_rotary_factor", static_cast<double>(rotated) / static_cast<double>(head_dim));
  }
  if (const std::string scaling = rope_scaling(c, m); !scaling.empty()) config.raw("rope_scaling", scaling);
  return {window > 0 ? "mistral" : "llama", config.text()};
}

void Gguf::plan(const Checkpoint& c, const Json& config, const std::vector<std::string>& params, const Plan& plan) {
  const int64_t heads = config["num_attention_heads"].integer(), kv_heads = config["num_key_value_heads"].integer();
  for (const std::string& name : params) {
    const std::string stored = gguf_name(name);
    const uint32_t tensor = c.find(stored);
    if (tensor == WEFT_NONE) continue;  // the core lists what is missing
    Source source = plan.source(stored);
    const bool q = stored.find(".attn_q.") != std::string::npos, k = stored.find(".attn_k.") != std::string::npos;
    if (q || k) {  // rows [h, d/2, 2] -> [h, 2, d/2]
      const std::vector<int64_t> dims = c.tensor(tensor).dims;
      const int64_t h = q ? heads : kv_heads;
      if (dims.empty() || dims[0] % (2 * h) != 0) refuse("tensor " + stored + " does not divide into " + std::to_string(h) + " heads");
      std::vector<int64_t> split = {h, dims[0] / h / 2, 2}, axes = {0, 2, 1};
      for (std::size_t i = 1; i < dims.size(); ++i) split.push_back(dims[i]), axes.push_back(static_cast<int64_t>(i) + 2);
      source = source.reshape(split).permute(axes).reshape(dims);
    }
    plan.map(name, source);
  }
}

}  // namespace weft::llama
