// Orders documents by how well they answer a query.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model/model.hpp"
#include "core/tasks/pair_scorer.hpp"

namespace weft {

struct RankedDocument {
  std::size_t index = 0;  // among the documents given
  PairScore score;
};

/// [one thread per object]
class Reranker {
 public:
  /// Loads a model to classify sequences, or if it does not do that to predict tokens.
  /// Roles, sequences and step_tokens of the options are ignored.
  static Result<Reranker> load(Engine& engine, const std::string& handle, const LoadOptions& options);
  /// The model must have been loaded for one of these.
  static Result<Reranker> create(std::shared_ptr<const Model> model);

  const Model& model() const { return *model_; }
  /// The documents, the best first; of equals the first. Errors name a document by its place, or as `options` says.
  Result<std::vector<RankedDocument>> rank(std::string_view query, std::span<const std::string_view> documents,
                                           std::string_view instruction = {}, const BatchOptions& options = {});

 private:
  Reranker(std::shared_ptr<const Model> model, std::unique_ptr<PairScorer> scorer)
      : model_(std::move(model)), scorer_(std::move(scorer)) {}
  std::shared_ptr<const Model> model_;
  std::unique_ptr<PairScorer> scorer_;
};

}  // namespace weft
