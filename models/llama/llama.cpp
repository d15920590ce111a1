// llama 1, 2, 3, 3.1, 3.2, SmolLM2 and others of model_type "llama"; mistral.
#include "weft/blocks/heads.hpp"
#include "weft/sdk/family.hpp"

namespace weft::llama {

using namespace sdk;

/// llama.cpp calls both types "llama", and stores the rows of q and k for interleaved rope.
struct LlamaGguf : Family {
  static constexpr std::string_view kGguf = "llama";

  static Names gguf(const Json& c) { return {.rules = gguf_paired_qk(c)}; }

 protected:
  static bool is_gguf(const Checkpoint& c, bool window) {
    return (c.metadata()["llama.attention.sliding_window"].integer() > 0) == window &&
           c.metadata()["llama.expert_count"].integer() == 0;
  }
};

struct Llama : LlamaGguf {
  static constexpr std::string_view kType = "llama";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("llama", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.mlp.bias = c.flag_or("mlp_bias", false);
    blocks::add_decoder_heads(c, s);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  /// The class for spans names its layers as older classes did.
  static Names hf(const Json&) { return {.roots = {{"model.", "transformer."}}}; }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    m.only("attention.sliding_window", 0), m.only("expert_count", 0), m.only("expert_used_count", 0);
    c.set("attention_bias", m.has_qkv_bias()).set("mlp_bias", m.has_tensor("blk.0.ffn_gate.bias"));
  }
  static bool is_gguf(const Checkpoint& c) { return LlamaGguf::is_gguf(c, false); }
};

struct Mistral : LlamaGguf {
  static constexpr std::string_view kType = "mistral";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("mistral", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 4096 * 32, .kv_heads = 8});
    const int64_t window = blocks::read_window(c, "sliding_window", 4096);
    blocks::read_windows(c, s, window, [](int64_t) { return true; });
    blocks::add_decoder_heads(c, s);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    c.set("sliding_window", m.integer("attention.sliding_window"));
  }
  static bool is_gguf(const Checkpoint& c) { return LlamaGguf::is_gguf(c, true); }
};

}  // namespace weft::llama

WEFT_FAMILY("weft.llama", weft::llama::Llama, weft::llama::Mistral)
