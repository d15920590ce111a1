// Heads beside the one that predicts tokens, as transformers names and shapes them.
#pragma once

#include "weft/blocks/decoder.hpp"
#include "weft/blocks/labels.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// Adds the heads of the classes that `architectures` names: of ...ForSequenceClassification `score` [labels, hidden],
/// of ...ForTokenClassification `tokens` [labels, hidden] with a bias, of ...ForQuestionAnswering `qa_outputs` [2,
/// hidden] with a bias.
WEFT_SDK_INLINE void add_decoder_heads(sdk::Config& c, DecoderShape& s, std::string_view tokens = "score") {
  const auto linear_head = [hidden = s.hidden](std::string name, int64_t outputs, bool bias) {
    return [=](const Scope& root, Tensor x, Tensor) { return linear(root / name, x, hidden, outputs, bias); };
  };
  if (names_class(c, "ForSequenceClassification"))
    s.heads.push_back({WEFT_ROLE_CLASSIFY_SEQUENCE, linear_head("score", read_labels(c), false)});
  if (names_class(c, "ForTokenClassification"))
    s.heads.push_back({WEFT_ROLE_CLASSIFY_TOKENS, linear_head(std::string(tokens), read_labels(c), true)});
  if (names_class(c, "ForQuestionAnswering"))
    s.heads.push_back({WEFT_ROLE_CLASSIFY_SPANS, linear_head("qa_outputs", 2, true)});
}

/// The head that predicts masked tokens, as bert has it: a layer of `<scope>.transform`, and the embeddings with a bias.
WEFT_SDK_INLINE std::function<Tensor(const Scope&, Tensor, Tensor)> masked_head(
    std::string_view scope, const DecoderShape& s) {
  return [name = std::string(scope), hidden = s.hidden, vocab = s.vocab, activation = s.mlp.activation, norm_of = s.norm,
             tied = s.tied](const Scope& root, Tensor x, Tensor embeddings) {
    Graph& g = root.graph();
    const Scope head = root / name;
    Tensor y = linear(head / "transform" / "dense", x, hidden, hidden, true);
    y = norm(head / "transform" / "LayerNorm", activate(g, activation, y), norm_of);
    const Tensor decoder = tied ? embeddings : (head / "decoder").param("weight", {vocab, hidden});
    return g.add(g.matmul(y, decoder, true), g.reshape(head.param("bias", {vocab}), {1, vocab}));
  };
}

}  // namespace weft::blocks
