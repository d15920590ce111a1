// qwen2 (Qwen 1.5, 2 and 2.5) and qwen3: biases of q, k and v, or norms of q and k.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::qwen {

using namespace sdk;

/// Layers from max_window_layers on see a window, if the config asks for windows at all.
void read_qwen_windows(Config& c, blocks::DecoderShape& s) {
  const bool use = c.flag_or("use_sliding_window", false);
  const int64_t window = blocks::read_window(c, "sliding_window", 4096), first = c.integer_or("max_window_layers", 28, 0);
  blocks::read_windows(c, s, use ? window : 0, [=](int64_t i) { return use && i >= first; });
}

struct Qwen2 : Family {
  static constexpr std::string_view kType = "qwen2", kGguf = "qwen2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("qwen2", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 32768, .kv_heads = 32});
    s.attention.qkv_bias = true;
    read_qwen_windows(c, s);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
};

struct Qwen3 : Family {
  static constexpr std::string_view kType = "qwen3", kGguf = "qwen3";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("qwen3", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 32768, .kv_heads = 32, .head_dim = 128});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.attention.qk_norm = blocks::QkNorm::kHead;
    read_qwen_windows(c, s);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
};

}  // namespace weft::qwen

WEFT_FAMILY("weft.qwen", weft::qwen::Qwen2, weft::qwen::Qwen3)
