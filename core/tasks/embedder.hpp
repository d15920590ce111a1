// Makes vectors of texts with an embedding model.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/model/model.hpp"
#include "core/tasks/sentence_modules.hpp"
#include "core/tasks/text_batches.hpp"

namespace weft {

struct Embedded {
  std::vector<int32_t> ids;  // with the special tokens
  std::vector<float> vector;
};

/// Makes vectors. [one thread per object]
class Embedder {
 public:
  /// The model must have been loaded for its hidden states.
  static Result<Embedder> create(std::shared_ptr<const Model> model);

  /// The ids of a text with the prompt before it. They are cut, with a warning, to the most that the model states or
  /// that a sequence may have, whichever is less.
  Result<std::vector<int32_t>> encode(std::string_view text) const;
  /// The vectors of texts, given as ids, in their order. OUT_OF_RANGE: a text has more tokens than a sequence may have.
  Result<std::vector<std::vector<float>>> embed(std::span<const std::vector<int32_t>> texts,
                                                const BatchOptions& options = {});
  /// encode() on the engine's pool, then the vectors of the texts in their order.
  Result<std::vector<Embedded>> embed(std::span<const std::string_view> texts, const BatchOptions& options = {});
  Result<Embedded> embed(std::string_view text);

 private:
  Embedder() = default;
  Result<std::vector<int32_t>> cut(std::vector<int32_t> ids, const std::string& text) const;
  std::shared_ptr<const Model> model_;
  std::unique_ptr<Session> session_;
  SentenceModules modules_;
  std::size_t most_ = 0;           // the most tokens of a text
  std::size_t prompt_tokens_ = 0;  // tokens of the prompt before each text
};

}  // namespace weft
