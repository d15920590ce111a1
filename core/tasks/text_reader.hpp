// Texts through a graph that reads them whole: how they are encoded and cut, and what the graph gives for them.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/model/model.hpp"
#include "core/tasks/text_batches.hpp"
#include "core/text/encoding.hpp"
#include "core/text/truncation.hpp"

namespace weft {

/// One text, or two that a model reads together.
using TextOrPair = std::span<const std::string_view>;

/// The width of the graph's output "logits" [sequences or rows, width]. UNIMPLEMENTED: it gives no such output.
Result<int64_t> logits_width(const Graph& graph);

/// Options for a batch of inputs that are made of `texts` texts: errors name the text of an input, text_of[input].
/// `text_of` must outlive them.
BatchOptions named_by_text(const BatchOptions& options, std::span<const std::size_t> text_of, std::size_t texts);

/// [one thread per object]
class TextReader {
 public:
  /// Loads are to be for `role`, and have room for many texts in a step.
  static void prepare(LoadOptions& options, const char* role);
  /// `task` names the reader in the log. FAILED_PRECONDITION: the model has no tokenizer.
  static Result<TextReader> create(std::shared_ptr<const Model> model, const char* task);

  const Model& model() const { return *model_; }
  const Tokenizer& tokenizer() const { return model_->text()->tokenizer(); }
  const TokenizerSettings& settings() const { return *model_->text()->settings(); }
  /// The most tokens of one input, with special tokens: those of the tokenizer's config or of the model, whichever are
  /// fewer.
  std::size_t max_tokens() const { return max_tokens_; }
  int64_t width() const { return width_; }  // of the logits

  /// Encodes a text or a pair, cut to how.max_tokens and to max_tokens() on the side that the tokenizer's config says.
  /// What is cut off is told in the log, unless it goes into further windows. INVALID_ARGUMENT: there are no tokens.
  Result<EncodedTexts> encode(TextOrPair texts, Truncation how = {}) const;

  /// Runs inputs, as many in a step as fit; `use` gets the logits of each, in any order: [tokens, width] if `all_rows`,
  /// else [width]. DATA_LOSS: they are not finite.
  Status run(std::span<const Encoding> inputs, bool all_rows, const UseRows& use, const BatchOptions& options = {});

 private:
  TextReader() = default;
  std::shared_ptr<const Model> model_;
  std::unique_ptr<Session> session_;
  const char* task_ = "";
  std::size_t max_tokens_ = 0;
  int64_t width_ = 0;
  bool takes_types_ = false;  // the graph, of the tokenizer
};

}  // namespace weft
