// What says how well documents answer a query.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/tasks/text_batches.hpp"

namespace weft {

/// How well one document answers the query.
struct PairScore {
  double score = 0;
  std::vector<float> logits;  // what the model gives for the pair
};

/// [one thread per object]
class PairScorer {
 public:
  virtual ~PairScorer() = default;
  /// One score for each document. `instruction` tells a model that takes one what makes a document a good answer; "":
  /// the usual one. INVALID_ARGUMENT: the model takes none, and one is given.
  virtual Result<std::vector<PairScore>> score(std::string_view query, std::span<const std::string_view> documents,
                                               std::string_view instruction, const BatchOptions& options) = 0;
};

}  // namespace weft
