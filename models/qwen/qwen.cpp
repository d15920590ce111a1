// qwen2 (Qwen 1.5, 2 and 2.5) has biases of q, k and v; qwen3 has norms of q and k; both types also come with experts.
#include "weft/blocks/heads.hpp"
#include "weft/sdk/family.hpp"

namespace weft::qwen {

using namespace sdk;

/// If the config asks for windows, layers from max_window_layers on have one; if `alternating`, every second layer
/// before.
void read_qwen_windows(Config& c, blocks::DecoderShape& s, bool alternating = false) {
  const bool use = c.flag_or("use_sliding_window", false);
  const int64_t window = blocks::read_window(c, "sliding_window", 4096),
                bound = c.integer_or("max_window_layers", 28, 0);
  blocks::read_windows(c, s, use ? window : 0,
      [=](int64_t i) { return use && (alternating ? i % 2 == 0 && i < bound : i >= bound); });
}

struct Qwen2 : Family {
  static constexpr std::string_view kType = "qwen2", kGguf = "qwen2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("qwen2", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 32768, .kv_heads = 32});
    s.attention.qkv_bias = true;
    c.only("use_mrope", false);
    read_qwen_windows(c, s);
    blocks::add_decoder_heads(c, s);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  /// The class for spans names its layers as older classes did.
  static Names hf(const Json&) { return {.roots = {{"model.", "transformer."}}}; }
};

struct Qwen3 : Family {
  static constexpr std::string_view kType = "qwen3", kGguf = "qwen3";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("qwen3", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 32768, .kv_heads = 32, .head_dim = 128});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.attention.qk_norm = blocks::QkNorm::kHead;
    read_qwen_windows(c, s);
    blocks::add_decoder_heads(c, s);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  /// The class for spans names its layers as older classes did.
  static Names hf(const Json&) { return {.roots = {{"model.", "transformer."}}}; }
};

void read_qwen_experts(Config& c, blocks::DecoderShape& s, const blocks::ExpertKeys& keys) {
  blocks::read_experts(c, s, keys);
  blocks::read_sparse_layers(c, s);
  s.moe.renormalise = c.flag_or("norm_topk_prob", false);
}

struct Qwen2Moe : Family {
  static constexpr std::string_view kType = "qwen2_moe", kGguf = "qwen2moe";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("qwen2_moe", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.inner = 5632, .context = 32768, .kv_heads = 16});
    s.attention.qkv_bias = c.flag_or("qkv_bias", true);
    read_qwen_windows(c, s, true);
    read_qwen_experts(c, s,
        {.experts_key = "num_experts",
            .experts = 60,
            .chosen = 4,
            .inner_key = "moe_intermediate_size",
            .inner = 1408});
    s.moe.shared_inner = c.integer_or("shared_expert_intermediate_size", 5632, 1, 1 << 24);
    s.moe.shared_gate = true;
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return {.rules = expert_names()}; }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    gguf_experts(m, c);
    c.set("shared_expert_intermediate_size",
        m.integer_or("expert_shared_feed_forward_length", m.integer("feed_forward_length")));
  }
};

struct Qwen3Moe : Family {
  static constexpr std::string_view kType = "qwen3_moe", kGguf = "qwen3moe";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("qwen3_moe", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.inner = 6144, .context = 32768, .kv_heads = 4});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.attention.qk_norm = blocks::QkNorm::kHead;
    const bool use = c.flag_or("use_sliding_window", false);
    const int64_t window = blocks::read_window(c, "sliding_window", 4096);
    for (blocks::LayerShape& l : s.layers) l.window = use ? window : 0;
    c.alias("num_experts", "num_local_experts");
    read_qwen_experts(c, s,
        {.experts_key = "num_experts",
            .experts = 128,
            .chosen = 8,
            .inner_key = "moe_intermediate_size",
            .inner = 768});
    c.harmless({"max_window_layers"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return {.rules = expert_names()}; }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    gguf_experts(m, c);
    c.set("norm_topk_prob", true);
  }
};

}  // namespace weft::qwen

WEFT_FAMILY("weft.qwen", weft::qwen::Qwen2, weft::qwen::Qwen3, weft::qwen::Qwen2Moe, weft::qwen::Qwen3Moe)
