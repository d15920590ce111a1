// ernie4_5: interleaved rope; one switch for all biases.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::ernie4_5 {

using namespace sdk;

struct Ernie45 : Family {
  static constexpr std::string_view kType = "ernie4_5", kGguf = "ernie4_5";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("ernie4_5", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 131072,
                                                         .kv_heads = 2,
                                                         .head_dim = 128,
                                                         .tied = true,
                                                         .eps = 1e-5,
                                                         .rope = {.theta = 500000, .interleaved = true}});
    s.attention.qkv_bias = s.attention.out_bias = s.mlp.bias = c.flag_or("use_bias", false);
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) { c.set("use_bias", m.has_tensor("blk.0.ffn_up.bias")); }
};

}  // namespace weft::ernie4_5

WEFT_FAMILY("weft.ernie4_5", weft::ernie4_5::Ernie45)
