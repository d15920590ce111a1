// Finds the entities of texts with a model that classifies tokens.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/tasks/entities.hpp"
#include "core/tasks/text_reader.hpp"

namespace weft {

struct TagOptions {
  Aggregation aggregation = Aggregation::kNone;
  /// Given: a text that is too long is read in windows that share so many tokens; else it is cut. Not with kNone.
  std::optional<std::size_t> stride;
  BatchOptions batches = {};
};

/// The tokens of a window, and their logits [tokens, labels].
struct TaggedTokens {
  std::vector<int32_t> ids;
  std::vector<float> logits;
};
struct Tagged {
  std::vector<Entity> entities;
  std::vector<TaggedTokens> windows;  // one, unless a text is read in several
};

/// [one thread per object]
class Tagger {
 public:
  /// The model must have been loaded to classify tokens.
  static Result<Tagger> create(std::shared_ptr<const Model> model);

  const Labels& labels() const { return labels_; }
  /// One result for each text. An empty text has no entities.
  Result<std::vector<Tagged>> tag(std::span<const std::string_view> texts, const TagOptions& options = {});

 private:
  Tagger(TextReader reader, Labels labels) : reader_(std::move(reader)), labels_(std::move(labels)) {}
  TextReader reader_;
  Labels labels_;
};

}  // namespace weft
