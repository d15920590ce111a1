// Reads the config keys that encoder-decoders of bart's kind share into an EncoderDecoderShape.
#pragma once

#include <cmath>

#include "weft/blocks/encoder_decoder.hpp"
#include "weft/blocks/labels.hpp"
#include "weft/sdk/inline.hpp"
#include "weft/sdk/names.hpp"

namespace weft::blocks {

/// The values that transformers assumes for keys that a config.json leaves out. Of tokens -1: there is none.
struct EncoderDecoderDefaults {
  int64_t hidden = 1024, context = 1024;
  int64_t encoder_layers = 12, decoder_layers = 12, inner = 4096, heads = 16;
  std::string_view activation = "gelu";
  bool scaled = false;
  int64_t start = -1, begin = 0, pad = 1, end = 2;
};

/// Whether the checkpoint has a decoder without an encoder.
WEFT_SDK_INLINE bool has_decoder_alone(const sdk::Json& config) {
  const sdk::Json all = config["architectures"];
  for (uint64_t i = 0; i < all.size(); ++i) {
    if (all.at(i).string().ends_with("ForCausalLM")) return true;
  }
  return false;
}

namespace encoder_decoder_detail {

inline EncoderDecoderShape::Stack read_stack(
    sdk::Config& c, const std::string& stack, const EncoderDecoderDefaults& d, int64_t hidden, int64_t layers) {
  EncoderDecoderShape::Stack s;
  s.layers = c.integer_or(stack + "_layers", layers, 1, 1 << 12);
  s.inner = c.integer_or(stack + "_ffn_dim", d.inner, 1, 1 << 24);
  AttentionShape& a = s.attention;
  a.hidden = hidden, a.heads = a.kv_heads = c.integer_or(stack + "_attention_heads", d.heads, 1, 1 << 16);
  if (hidden % a.heads != 0) {
    sdk::refuse(c.at("d_model") + " is " + std::to_string(hidden) + ", not a multiple of " + stack +
                "_attention_heads " + std::to_string(a.heads));
  }
  a.head_dim = hidden / a.heads;
  a.qkv_bias = a.out_bias = true;
  a.rule.scale = 1.0 / std::sqrt(static_cast<double>(a.head_dim));
  return s;
}

}  // namespace encoder_decoder_detail

/// Reads sizes, tokens, embeddings and the classes that `architectures` names. The family then sets what is its own and
/// calls c.finish().
WEFT_SDK_INLINE EncoderDecoderShape read_encoder_decoder(
    sdk::Config& c, const sdk::Json& json, const EncoderDecoderDefaults& d) {
  using encoder_decoder_detail::read_stack;
  EncoderDecoderShape s;
  const auto token = [&](std::string_view key, int64_t fallback) {
    const bool none = !c.get(key).absent() && !c.has(key);  // null
    return none ? -1 : c.integer_or(key, fallback, 0, s.vocab - 1);
  };
  c.alias("d_model", "hidden_size"), c.alias("encoder_layers", "num_hidden_layers");
  c.alias("encoder_attention_heads", "num_attention_heads");
  s.vocab = c.integer("vocab_size");
  s.hidden = c.integer_or("d_model", d.hidden, 1, 1 << 20);
  s.context = c.integer_or("max_position_embeddings", d.context);
  s.decoder_alone = has_decoder_alone(json);
  s.encoder = read_stack(c, "encoder", d, s.hidden, d.encoder_layers);
  s.decoder = read_stack(c, "decoder", d, s.hidden, d.decoder_layers);
  s.encoder.attention.rule.causal = false;
  s.activation = read_activation(c, "activation_function", d.activation);
  if (c.flag_or("scale_embedding", d.scaled)) s.embedding_scale = std::sqrt(static_cast<double>(s.hidden));
  s.shared_embedding = c.flag_or("tie_word_embeddings", true) || s.decoder_alone;
  s.pad_token = token("pad_token_id", d.pad);
  s.start_token = token("decoder_start_token_id", d.start);
  if (s.start_token < 0) s.start_token = token("bos_token_id", d.begin);
  const bool sequences = names_class(c, "ForSequenceClassification"), spans = names_class(c, "ForQuestionAnswering");
  s.generates = !sequences && !spans;
  if (sequences) s.sequence_labels = read_labels(c), s.end_token = token("eos_token_id", d.end);
  if (spans) s.span_labels = 2;
  c.harmless(sdk::kCommonHarmlessKeys);
  // Of training, of older layouts, and of generating, which the host reads itself.
  c.harmless({"dropout", "activation_dropout", "encoder_layerdrop", "decoder_layerdrop", "init_std", "classif_dropout",
      "classifier_dropout", "is_decoder", "add_cross_attention", "normalize_before", "normalize_embedding",
      "add_final_layer_norm", "add_bias_logits", "static_position_embeddings", "extra_pos_embeddings", "output_past",
      "save_step", "_num_labels", "num_labels", "id2label", "prefix", "forced_bos_token_id", "forced_eos_token_id",
      "force_bos_token_to_be_generated", "bad_words_ids", "max_length", "min_length", "num_beams", "early_stopping",
      "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "length_penalty", "do_sample", "temperature", "top_k",
      "top_p", "repetition_penalty", "num_return_sequences", "tokenizer_class", "max_new_tokens", "static_cache"});
  return s;
}

/// The names of their checkpoints. The head is tied to the embeddings, unless the config says otherwise.
WEFT_SDK_INLINE sdk::Names encoder_decoder_names(const sdk::Json& config) {
  // A model that was saved without a head has no such bias.
  const auto zeros = [](sdk::Stored s) {
    if (s.dims.size() != 2) sdk::refuse("tensor " + s.name + " is no table of embeddings");
    s.dims = {s.dims[0]};
    s.value = s.value.slice(1, 0, 1).reshape(s.dims).scale(0);
    return s;
  };
  const bool alone = has_decoder_alone(config);
  sdk::Names n;
  n.rules = {{"self_attn.o_proj", "self_attn.out_proj"}, {"encoder_attn.o_proj", "encoder_attn.out_proj"},
      {"model.shared", "model.shared", sdk::as_stored}, {"model.shared", "model.decoder.embed_tokens", sdk::as_stored},
      {"model.shared", "model.encoder.embed_tokens", sdk::as_stored},
      {"final_logits_bias", "final_logits_bias", sdk::flattened},
      {"final_logits_bias", "model.shared.weight", zeros},
      {"final_logits_bias", "model.decoder.embed_tokens.weight", zeros}};
  n.ignored = {{"embed_tokens.weight", "one with shared.weight"}, {"lm_head.", "a head"},
      {"final_logits_bias", "of the head"}, {"classification_head.", "a head"}, {"qa_outputs.", "a head"},
      {"encoder.version", "a mark"}, {"decoder.version", "a mark"}};
  const sdk::Json tied = config["tie_word_embeddings"];
  const bool untied = tied.is_bool() && tied.integer() == 0;
  if (untied) n.ignored.push_back({"shared.weight", "each stack has its own"});
  if (!untied || alone) n.ties = {{"lm_head.weight", "model.shared.weight"}};
  if (!alone) return n;
  for (const std::string_view part : {".encoder_attn.q_proj.weight", ".encoder_attn.q_proj.bias",
           ".encoder_attn.k_proj.weight", ".encoder_attn.k_proj.bias", ".encoder_attn.v_proj.weight",
           ".encoder_attn.v_proj.bias", ".encoder_attn.out_proj.weight", ".encoder_attn.out_proj.bias",
           ".encoder_attn_layer_norm.weight", ".encoder_attn_layer_norm.bias"})
    n.ignored.emplace_back(part, "there is no encoder to attend to");
  return n;
}

}  // namespace weft::blocks
