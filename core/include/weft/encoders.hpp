// encoders.hpp: labels and vectors of texts and images, as part of weft.hpp.
//
//   auto embedder = weft::TextEmbedder::from_preset("hf://org/name");
//   auto e = embedder->embed("What is the capital of France?");
//
// Each object is used by one thread at a time. What else models say about texts is in tasks.hpp.
#pragma once

#include "weft/weft.hpp"

namespace weft {

/// What a classifier says: a value for each label.
struct Classes {
  std::vector<float> scores, logits;  // see weft_classes
  std::size_t best = 0;               // the label with the largest score
};

/// What TextClassifier and ImageClassifier share.
class LabelModel {
 public:
  const std::vector<std::string>& labels() const { return labels_; }
  std::string summary() const { return weft_classifier_summary(handle_.get()); }
  /// For what weft.h offers beyond this class.
  weft_classifier* handle() const { return handle_.get(); }

 protected:
  /// `images`: whether the model has to classify images rather than texts.
  Status load(const std::string& preset, const Options& options, const Runtime& runtime, bool images) {
    WEFT_TRY(handle_, detail::load<weft_classifier>(weft_classifier_load, preset, options, runtime));
    weft_classifier* const raw = handle_.get();
    if ((weft_classifier_takes_images(raw) != 0) != images) {
      return {Code::kFailedPrecondition,
              preset + ": the model classifies " + (images ? "texts, not images" : "images, not texts")};
    }
    for (std::uint64_t i = 0; i < weft_classifier_labels(raw); ++i) {
      weft_str name{};
      WEFT_CHECK_OK(detail::take(weft_classifier_label(raw, i, &name)));
      labels_.emplace_back(detail::view(name));
    }
    return {};
  }
  static Classes of(const weft_classes& c) {
    return {{c.scores, c.scores + c.n}, {c.logits, c.logits + c.n}, static_cast<std::size_t>(c.best)};
  }
  static Result<Classes> result(weft_status* status, const weft_classes& c) {
    WEFT_CHECK_OK(detail::take(status));
    return of(c);
  }

 private:
  std::shared_ptr<weft_classifier> handle_;
  std::vector<std::string> labels_;
};

class TextClassifier : public LabelModel {
 public:
  static Result<TextClassifier> from_preset(const std::string& preset, const Options& options = {},
                                            const Runtime& runtime = {}) {
    TextClassifier c;
    WEFT_CHECK_OK(c.load(preset, options, runtime, false));
    return c;
  }
  /// A text that is too long for the model is cut, with a warning in the log.
  Result<Classes> classify(std::string_view text) {
    weft_classes out{};
    weft_status* status = weft_classifier_text(handle(), detail::view(text), &out);
    return result(status, out);
  }
  /// Two texts that the model reads together.
  Result<Classes> classify(std::string_view text, std::string_view pair) {
    weft_classes out{};
    weft_status* status = weft_classifier_pair(handle(), detail::view(text), detail::view(pair), &out);
    return result(status, out);
  }
  /// Many texts; with `pairs`, of which there are as many, each is read together with its pair. As many run in a step
  /// as Options::sequences and step_tokens allow.
  Result<std::vector<Classes>> classify(std::span<const std::string_view> texts,
                                        std::span<const std::string_view> pairs = {}, const Limits& limits = {}) {
    if (!pairs.empty() && pairs.size() != texts.size())
      return Status(Code::kInvalidArgument, "texts and pairs are not equally many");
    const std::vector<weft_str> first = detail::views(texts), second = detail::views(pairs);
    const weft_limits l = detail::limits_from_now(limits);
    std::vector<weft_classes> out(texts.size());
    WEFT_CHECK_OK(detail::take(weft_classifier_texts(handle(), first.data(), second.empty() ? nullptr : second.data(),
                                                     first.size(), &l, out.data())));
    std::vector<Classes> all;
    for (const weft_classes& c : out) all.push_back(of(c));
    return all;
  }
};

class ImageClassifier : public LabelModel {
 public:
  static Result<ImageClassifier> from_preset(const std::string& preset, const Options& options = {},
                                             const Runtime& runtime = {}) {
    ImageClassifier c;
    WEFT_CHECK_OK(c.load(preset, options, runtime, true));
    return c;
  }
  /// Classifies the image in the bytes of a PNG or JPEG file.
  Result<Classes> classify(std::string_view file, const Limits& limits = {}) {
    const weft_limits l = detail::limits_from_now(limits);
    weft_classes out{};
    weft_status* status = weft_classifier_file_with(handle(), file.data(), file.size(), &l, &out);
    return result(status, out);
  }
  /// Classifies an image of red, green and blue, a byte each, pixel by pixel, top row first.
  Result<Classes> classify(const std::uint8_t* rgb, std::uint64_t width, std::uint64_t height,
                           const Limits& limits = {}) {
    const weft_limits l = detail::limits_from_now(limits);
    weft_classes out{};
    weft_status* status = weft_classifier_pixels_with(handle(), rgb, width, height, 3 * width, &l, &out);
    return result(status, out);
  }
};

/// What an embedding model makes of a text.
struct Embedding {
  std::vector<float> vector;
  std::vector<std::int32_t> tokens;  // see weft_vector
};

/// See weft_embed_options.
struct EmbedOptions {
  std::optional<std::string> prompt{};
  std::string prompt_name{}, pooling{};  // empty: as the checkpoint says
  std::int64_t dimensions = 0;
  bool normalize = false;
  Limits limits{};
};

class TextEmbedder {
 public:
  static Result<TextEmbedder> from_preset(const std::string& preset, const Options& options = {},
                                          const Runtime& runtime = {}) {
    TextEmbedder e;
    WEFT_TRY(e.handle_, detail::load<weft_embedder>(weft_embedder_load, preset, options, runtime));
    return e;
  }
  /// The vector of a text. A text too long for the model is cut, with a warning in the log.
  Result<Embedding> embed(std::string_view text) {
    weft_vector out{};
    WEFT_CHECK_OK(detail::take(weft_embedder_text(handle_.get(), detail::view(text), &out)));
    return of(out);
  }
  /// The vectors of texts, in their order; as many texts run in a step as fit.
  Result<std::vector<std::vector<float>>> embed(std::span<const std::string_view> texts,
                                                const EmbedOptions& options = {}) {
    weft_embed_options o = WEFT_INIT(weft_embed_options);
    if (options.prompt) o.prompt = options.prompt->c_str();
    o.prompt_name = detail::or_null(options.prompt_name), o.pooling = detail::or_null(options.pooling);
    o.dimensions = options.dimensions, o.normalize = options.normalize ? 1 : 0;
    const weft_limits limits = detail::limits_from_now(options.limits);
    o.limits = &limits;
    const std::vector<weft_str> views = detail::views(texts);
    weft_vectors out{};
    WEFT_CHECK_OK(detail::take(weft_embedder_texts(handle_.get(), views.data(), views.size(), &o, &out)));
    std::vector<std::vector<float>> all;
    for (std::uint64_t i = 0; i < out.n; ++i)
      all.emplace_back(out.values + i * out.width, out.values + (i + 1) * out.width);
    return all;
  }
  /// The vector of ids as they are: no special tokens are added.
  Result<Embedding> embed(std::span<const std::int32_t> tokens) {
    weft_vector out{};
    WEFT_CHECK_OK(detail::take(weft_embedder_tokens(handle_.get(), tokens.data(), tokens.size(), &out)));
    return of(out);
  }
  std::string summary() const { return weft_embedder_summary(handle_.get()); }
  /// For what weft.h offers beyond this class.
  weft_embedder* handle() const { return handle_.get(); }

 private:
  static Embedding of(const weft_vector& v) {
    return {{v.values, v.values + v.n}, {v.tokens, v.tokens + v.n_tokens}};
  }
  std::shared_ptr<weft_embedder> handle_;
};

}  // namespace weft
