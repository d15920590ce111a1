// Gives labels to texts or images with a classification model.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/image/preprocess.hpp"
#include "core/model/model.hpp"
#include "core/tasks/labels.hpp"
#include "core/tasks/text_reader.hpp"

namespace weft {

struct Classified {
  std::size_t label = 0;  // the likeliest, or the one with the largest value
  std::vector<float> scores, logits;
};

/// A text, or two that are classified together.
struct ClassifiedText {
  std::string_view text;
  std::optional<std::string_view> pair = {};
};

/// Classifies texts or images, whichever the model takes. [one thread per object]
class Classifier {
 public:
  /// The model must have been loaded to classify sequences; its graph takes tokens, or pixels [S, channels, height,
  /// width].
  static Result<Classifier> create(std::shared_ptr<const Model> model);

  bool takes_images() const { return image_.has_value(); }
  const Labels& labels() const { return labels_; }

  /// A text that is too long is cut, with a warning in the log. FAILED_PRECONDITION: the model takes the other kind of
  /// input. UNIMPLEMENTED: the tokenizer does not say how two texts are put together.
  Result<std::vector<Classified>> classify_texts(std::span<const ClassifiedText> texts,
                                                 const BatchOptions& options = {});
  Result<Classified> classify_text(std::string_view text, std::optional<std::string_view> pair = {});
  /// Classifies the image in the bytes of a PNG or JPEG file.
  Result<Classified> classify_file(std::string_view file, const GoOn& go_on = {});
  Result<Classified> classify_image(const Image& image, const GoOn& go_on = {});

 private:
  struct ImageSide {
    Preprocess preprocess;
    std::unique_ptr<GraphCall> call;
    int64_t channels, height, width;
    std::vector<float> pixels;  // [channels, height, width]
  };

  Classifier() : text_(Status(Code::kFailedPrecondition, "the model classifies images, not texts")) {}
  Status open_images();
  Result<Classified> conclude(std::span<const float> logits) const;

  std::shared_ptr<const Model> model_;
  Labels labels_;
  std::optional<ImageSide> image_;
  Result<TextReader> text_;  // an error: why texts cannot be classified
};

}  // namespace weft
