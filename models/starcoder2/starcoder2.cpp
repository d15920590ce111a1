// starcoder2: layer norms, biases, an MLP without a gate, a window.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::starcoder2 {

using namespace sdk;

struct StarCoder2 : Family {
  static constexpr std::string_view kType = "starcoder2", kGguf = "starcoder2";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("starcoder2", json);
    c.unread({"layer_types", "partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 4096,
                                                         .kv_heads = 2,
                                                         .tied = true,
                                                         .eps_key = "norm_epsilon",
                                                         .eps = 1e-5,
                                                         .activation = "gelu_pytorch_tanh",
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    s.attention.qkv_bias = s.attention.out_bias = s.mlp.bias = c.flag_or("use_bias", true);
    s.mlp.gated = false;
    const int64_t window = blocks::read_window(c, "sliding_window", 0);
    blocks::read_windows(c, s, window, [](int64_t) { return true; });
    if (c.text_or("mlp_type", "default") != "default") refuse(c.at("mlp_type") + " is not \"default\"");
    if (c.text_or("norm_type", "layer_norm") != "layer_norm") refuse(c.at("norm_type") + " is not \"layer_norm\"");
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return {.rules = {{"mlp.up_proj", "mlp.c_fc"}, {"mlp.down_proj", "mlp.c_proj"}}}; }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    c.set("use_bias", m.has_tensor("blk.0.ffn_up.bias"));
    if (const int64_t window = m.integer_or("attention.sliding_window", 0); window > 0)
      c.set("sliding_window", window);
  }
};

}  // namespace weft::starcoder2

WEFT_FAMILY("weft.starcoder2", weft::starcoder2::StarCoder2)
