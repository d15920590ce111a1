// Scores pairs of texts with a model that classifies sequences and gives one value, as CrossEncoder of
// sentence-transformers does.
#pragma once

#include <memory>

#include "core/tasks/activations.hpp"
#include "core/tasks/pair_scorer.hpp"
#include "core/tasks/text_reader.hpp"

namespace weft {

class CrossEncoder final : public PairScorer {
 public:
  /// UNIMPLEMENTED: the model gives several values, or config.json names a function of them that is not implemented.
  static Result<std::unique_ptr<PairScorer>> create(std::shared_ptr<const Model> model);

  Result<std::vector<PairScore>> score(std::string_view query, std::span<const std::string_view> documents,
                                       std::string_view instruction, const BatchOptions& options) override;

 private:
  CrossEncoder(TextReader reader, Activation activation) : reader_(std::move(reader)), activation_(activation) {}
  TextReader reader_;
  Activation activation_;  // of the logit
};

}  // namespace weft
