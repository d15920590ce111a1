// A dense decoder of Acme's: layer norms, biases, a window, an MLP without a gate, and tensors of other names.
#include <weft/blocks/decoder.hpp>
#include <weft/sdk/family.hpp>

namespace {

using namespace weft;
using namespace weft::sdk;

struct Type : Family {
  static constexpr std::string_view kType = "acme_dense";  // the model_type of config.json

  /// Config refuses a key of the wrong type by its name; `finish` refuses known keys that nobody has read.
  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("acme_dense", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.context = 4096,
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
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) { return {.rules = {{"mlp.up_proj", "mlp.wide"}, {"mlp.down_proj", "mlp.narrow"}}}; }
};

}  // namespace

WEFT_FAMILY_OF("com.acme", "com.acme.acme_dense", "0.1.0", Type)
