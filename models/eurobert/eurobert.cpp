// eurobert: llama that sees both sides, with heads of its own.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::eurobert {

using namespace sdk;

struct EuroBert : Family {
  static constexpr std::string_view kType = "eurobert", kGguf = "eurobert";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("eurobert", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {.vocab = 128256,
                                                         .hidden = 768,
                                                         .inner = 3072,
                                                         .layers = 12,
                                                         .heads = 12,
                                                         .context = 8192,
                                                         .eps = 1e-5});
    s.attention.qkv_bias = s.attention.out_bias = c.flag_or("attention_bias", false);
    s.attention.rule.causal = false;
    s.mlp.bias = c.flag_or("mlp_bias", false);
    s.encoder = true;
    const std::string pooling = c.text_or("classifier_pooling", "late");
    if (pooling != "late" && pooling != "mean" && pooling != "bos")
      refuse(c.at("classifier_pooling") + " is \"" + pooling + "\", expected bos, mean or late");
    s.sequence = pooling == "late"   ? blocks::SequenceOutput::kMeanOfLogits
                 : pooling == "mean" ? blocks::SequenceOutput::kMean
                                     : blocks::SequenceOutput::kFirstToken;
    blocks::add_encoder_heads(c, s, {.dense = "dense",
                                        .labels = "classifier",
                                        .activation = blocks::Activation::kGelu,
                                        .spans = "",
                                        .masked = ""});
    if (blocks::may_be(c, "ForMaskedLM")) {
      s.heads.push_back({WEFT_ROLE_FILL_MASKS,
          [hidden = s.hidden, vocab = s.vocab, bias = s.mlp.bias](const Scope& root, Tensor x) {
            return blocks::linear(root / "lm_head", x, hidden, vocab, bias);
          }});
    }
    c.harmless({"bos_token_id", "classifier_dropout", "clf_pooling", "eos_token_id", "mask_token_id", "pad_token_id"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n{.roots = {{"model.", ""}},
        .ignored = {{"lm_head.", "a head"}, {"dense.", "a head"}, {"classifier.", "a head"}}};
    if (config["tie_word_embeddings"].is_bool() && config["tie_word_embeddings"].integer() != 0)
      n.ties = {{"lm_head.weight", "model.embed_tokens.weight"}};
    return n;
  }
  static void gguf_config(GgufMetadata& m, JsonObject& c) { blocks::gguf_encoder_config(m, c); }
};

}  // namespace weft::eurobert

WEFT_FAMILY("weft.eurobert", weft::eurobert::EuroBert)
