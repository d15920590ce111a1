// mixtral: mistral with experts.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::mixtral {

using namespace sdk;

struct Mixtral : Family {
  static constexpr std::string_view kType = "mixtral", kGguf = "llama";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("mixtral", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s =
        blocks::read_decoder(c, {.context = 4096 * 32, .kv_heads = 8, .eps = 1e-5, .rope = {.theta = 1e6}});
    const int64_t window = blocks::read_window(c, "sliding_window", 0);
    blocks::read_windows(c, s, window, [](int64_t) { return true; });
    c.alias("num_local_experts", "num_experts");
    blocks::read_experts(
        c, s, {.experts_key = "num_local_experts", .experts = 8, .chosen = 2, .inner_key = "intermediate_size"});
    s.moe.renormalise = true;
    c.harmless({"router_jitter_noise"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return {.rules = {{"mlp.experts.gate_proj", "block_sparse_moe.experts.*.w1", as_stored},
                {"mlp.experts.up_proj", "block_sparse_moe.experts.*.w3", as_stored},
                {"mlp.experts.down_proj", "block_sparse_moe.experts.*.w2", as_stored},
                {"mlp.gate", "block_sparse_moe.gate"}}};
  }
  /// Old files have a tensor for each expert.
  static Names gguf(const Json& c) {
    return Names{
        .rules = {{"mlp.experts.gate_proj", "ffn_gate.*", as_stored}, {"mlp.experts.up_proj", "ffn_up.*", as_stored},
            {"mlp.experts.down_proj", "ffn_down.*", as_stored}}}
        .with(gguf_paired_qk(c));
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    gguf_experts(m, c);
    if (const int64_t window = m.integer_or("attention.sliding_window", 0); window > 0)
      c.set("sliding_window", window);
  }
  static bool is_gguf(const Checkpoint& c) { return c.metadata()["llama.expert_count"].integer() > 0; }
};

}  // namespace weft::mixtral

WEFT_FAMILY("weft.mixtral", weft::mixtral::Mixtral)
