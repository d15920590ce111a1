// Heads beside the one that predicts tokens, as transformers names and shapes them.
#pragma once

#include "weft/blocks/decoder.hpp"
#include "weft/blocks/labels.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// Adds the heads of the classes that `architectures` names: of ...ForSequenceClassification `score` [labels, hidden],
/// of ...ForTokenClassification `tokens` [labels, hidden] with a bias, of ...ForQuestionAnswering `qa_outputs` [2,
/// hidden] with a bias.
/// `pad`: the padding token where the config has no pad_token_id; -1: none.
WEFT_SDK_INLINE void add_decoder_heads(
    sdk::Config& c, DecoderShape& s, std::string_view tokens = "score", int64_t pad = -1) {
  const auto linear_head = [hidden = s.hidden](std::string name, int64_t outputs, bool bias) {
    return [=](const Scope& root, Tensor x) { return linear(root / name, x, hidden, outputs, bias); };
  };
  const sdk::Json said = c.get("pad_token_id");
  s.pad_token = said.absent() ? pad : said.is_integer() ? said.integer() : -1;
  if (s.pad_token >= s.vocab) s.pad_token = -1;  // no text has it
  if (names_class(c, "ForSequenceClassification"))
    s.heads.push_back({WEFT_ROLE_CLASSIFY_SEQUENCE, linear_head("score", read_labels(c), false)});
  if (names_class(c, "ForTokenClassification"))
    s.heads.push_back({WEFT_ROLE_CLASSIFY_TOKENS, linear_head(std::string(tokens), read_labels(c), true)});
  if (names_class(c, "ForQuestionAnswering"))
    s.heads.push_back({WEFT_ROLE_CLASSIFY_SPANS, linear_head("qa_outputs", 2, true)});
}

/// The head that predicts masked tokens, as bert has it: the layer `<scope>.transform` to the embeddings' width, then
/// `<scope>.decoder`, which the checkpoint may tie to the embeddings; then the bias is `<scope>.bias`.
WEFT_SDK_INLINE std::function<Tensor(const Scope&, Tensor)> masked_head(
    std::string_view scope, const DecoderShape& s) {
  return [name = std::string(scope), hidden = s.hidden, width = s.embedding ? s.embedding : s.hidden,
             vocab = s.vocab, activation = s.mlp.activation, norm_of = s.norm,
             tied = s.tied](const Scope& root, Tensor x) {
    Graph& g = root.graph();
    const Scope head = root / name;
    Tensor y = linear(head / "transform" / "dense", x, hidden, width, true, activation);
    y = norm(head / "transform" / "LayerNorm", y, norm_of);
    const Scope decoder = head / "decoder";
    const Tensor bias = (tied ? head : decoder).param("bias", {vocab});
    return g.add(g.matmul(y, decoder.param("weight", {vocab, width}), true), g.reshape(bias, {1, vocab}));
  };
}

}  // namespace weft::blocks
