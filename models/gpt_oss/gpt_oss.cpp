// gpt_oss: sinks, biases, alternating windows, experts with a clamped SwiGLU.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::gpt_oss {

using namespace sdk;

/// Every second of the experts' gates and up projections, which alternate along axis 1, from `first` on.
Transform every_second(int64_t first) {
  return [=](Stored s) {
    if (s.dims.size() < 2 || s.dims[1] % 2 != 0)
      refuse("tensor " + s.name + " does not divide into gates and up projections");
    std::vector<int64_t> split = {s.dims[0], s.dims[1] / 2, 2};
    split.insert(split.end(), s.dims.begin() + 2, s.dims.end());
    s.dims[1] /= 2;
    s.value = s.value.reshape(split).slice(2, first, 1).reshape(s.dims);
    return s;
  };
}

struct GptOss : Family {
  static constexpr std::string_view kType = "gpt_oss", kGguf = "gpt-oss";
  static constexpr bool kYarnTruncates = false;

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("gpt_oss", json);
    c.unread({"partial_rotary_factor"});
    blocks::DecoderShape s = blocks::read_decoder(
        c, {.context = 131072,
               .kv_heads = 8,
               .head_dim = 64,
               .eps = 1e-5,
               .rope = {.theta = 150000, .yarn = {.factor = 32, .original = 4096}}});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", true);
    s.attention.sinks = true;
    blocks::read_windows(c, s, blocks::read_window(c, "sliding_window", 128), [](int64_t i) { return i % 2 == 0; });
    c.alias("num_local_experts", "num_experts"), c.alias("num_experts_per_tok", "experts_per_token");
    blocks::read_experts(
        c, s, {.experts_key = "num_local_experts", .experts = 128, .chosen = 4, .inner_key = "intermediate_size"});
    s.moe.renormalise = s.moe.bias = true;
    s.moe.limit = c.number_or("swiglu_limit", 7);
    if (!(s.moe.limit > 0)) refuse(c.at("swiglu_limit") + " is not positive");
    if (c.number_or("swiglu_alpha", 1.702) != 1.702)
      refuse(c.at("swiglu_alpha") + " is not 1.702, which is not implemented");
    c.harmless({"initial_context_length"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return {
        .rules = {{"mlp.gate", "mlp.router"},
            {"mlp.experts.gate_proj.weight", "mlp.experts.gate_up_proj_blocks", every_second(0)},  // MXFP4, [out, in]
            {"mlp.experts.up_proj.weight", "mlp.experts.gate_up_proj_blocks", every_second(1)},
            {"mlp.experts.down_proj.weight", "mlp.experts.down_proj_blocks", as_stored},
            {"mlp.experts.gate_proj.weight", "mlp.experts.gate_up_proj", then(transposed, every_second(0))},
            {"mlp.experts.up_proj.weight", "mlp.experts.gate_up_proj", then(transposed, every_second(1))},
            {"mlp.experts.gate_proj.bias", "mlp.experts.gate_up_proj_bias", every_second(0)},
            {"mlp.experts.up_proj.bias", "mlp.experts.gate_up_proj_bias", every_second(1)},
            {"mlp.experts.down_proj.weight", "mlp.experts.down_proj", transposed},
            {"mlp.experts.down_proj.bias", "mlp.experts.down_proj_bias"}}};
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) {
    gguf_experts(m, c);
    c.set("intermediate_size", m.integer_or("expert_feed_forward_length", m.integer_or("feed_forward_length", 0)));
    c.set("sliding_window", m.integer("attention.sliding_window"));
    if (gguf_rope_scaling(m, 0).empty()) c.raw("rope_scaling", R"({"rope_type": "default"})");
  }
};

}  // namespace weft::gpt_oss

WEFT_FAMILY("weft.gpt_oss", weft::gpt_oss::GptOss)
