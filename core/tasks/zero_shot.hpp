// Gives texts labels that the caller names, with a model that says whether a text entails a sentence, as the pipeline
// "zero-shot-classification" of transformers does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/tasks/labels.hpp"
#include "core/tasks/text_reader.hpp"

namespace weft {

struct ZeroShotOptions {
  std::vector<std::string> labels;  // at least one, no two alike
  std::string hypothesis = "This example is {}.";  // the sentence for a label, which stands in place of {}
  bool multi_label = false;  // each label by itself may be right; else one of them is
  BatchOptions batches = {};
};

/// The labels of one text, the likeliest first.
struct ZeroShotResult {
  std::vector<std::size_t> labels;  // indices in ZeroShotOptions::labels
  std::vector<double> scores;       // in the same order
  std::vector<std::vector<float>> logits;  // in the same order: what the model gives for text and sentence
};

/// [one thread per object]
class ZeroShot {
 public:
  /// The model must have been loaded to classify sequences. FAILED_PRECONDITION: none of its labels says that a text
  /// entails another.
  static Result<ZeroShot> create(std::shared_ptr<const Model> model);

  /// One result for each text. INVALID_ARGUMENT: a text is empty, or labels or the hypothesis are not as described.
  Result<std::vector<ZeroShotResult>> classify(std::span<const std::string_view> texts,
                                               const ZeroShotOptions& options);

 private:
  ZeroShot(TextReader reader, std::size_t entails) : reader_(std::move(reader)), entails_(entails) {}
  std::vector<double> scores_of(std::span<const std::vector<float>> logits, bool multi_label) const;
  TextReader reader_;
  std::size_t entails_;  // the index of the label that a text entails another
};

}  // namespace weft
