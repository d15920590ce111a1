// opt: learned positions that start at 2; the 350 M model norms after each sum and embeds in fewer dims.
#include "weft/blocks/decoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::opt {

using namespace sdk;

struct Opt : Family {
  static constexpr std::string_view kType = "opt";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("opt", json);
    c.unread({"head_dim", "intermediate_size", "layer_norm_eps", "num_key_value_heads"});
    c.alias("intermediate_size", "ffn_dim");
    blocks::DecoderShape s = blocks::read_decoder(c, {.tied = true,
                                                         .eps_key = "layer_norm_eps",
                                                         .eps = 1e-5,
                                                         .activation_key = "activation_function",
                                                         .activation = "relu",
                                                         .no_rope = true,
                                                         .norm = blocks::Norm::kLayer,
                                                         .norm_bias = true});
    s.attention.qkv_bias = s.attention.out_bias = s.mlp.bias = c.flag_or("enable_bias", true);
    if (!c.flag_or("layer_norm_elementwise_affine", true)) s.norm.weight = s.norm.bias = false;
    s.mlp.gated = false;
    s.learned_positions = true, s.position_offset = 2;
    const int64_t width = c.integer_or("word_embed_proj_dim", s.hidden, 1, 1 << 20);
    if (width != s.hidden) s.embedding = width;
    const bool before = c.flag_or("do_layer_norm_before", true);
    s.final_norm = !c.flag_or("_remove_final_layer_norm", false) && before;
    if (!before) {
      s.residual.norm_sum = true;
      s.residual.after_attention.swap(s.residual.before_attention), s.residual.after_mlp.swap(s.residual.before_mlp);
    }
    c.harmless({"dropout", "activation_dropout", "layerdrop", "init_std", "prefix"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
  static Names hf(const Json&) {
    return {.rules = {{"model.norm", "model.final_layer_norm"}, {"self_attn.o_proj", "self_attn.out_proj"},
                {"mlp.up_proj", "fc1"}, {"mlp.down_proj", "fc2"}, {"input_layernorm", "self_attn_layer_norm"},
                {"post_attention_layernorm", "final_layer_norm"}},
        .roots = {{"model.", "model.decoder."}, {"model.", "decoder."}}};
  }
};

}  // namespace weft::opt

WEFT_FAMILY("weft.opt", weft::opt::Opt)
