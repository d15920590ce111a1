// Makes vectors of texts with an embedding model.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
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

/// What a host asks for in place of what the checkpoint says, or on top of it.
struct EmbedOptions {
  std::optional<std::string> prompt;     // put before each text
  std::string prompt_name;               // the checkpoint's prompt of this name; empty: its default one
  std::optional<Pooling::Mode> pooling;  // in place of the checkpoint's modes
  int64_t dimensions = 0;  // only so many of a vector's first values; 0: all
  bool normalize = false;  // scale what is left to length 1
  BatchOptions batch = {};
};

/// Makes vectors. [one thread per object]
class Embedder {
 public:
  /// Loads are to be for hidden states, and have room for many texts in a step.
  static void prepare(LoadOptions& options);
  /// The model must have been loaded with options that were prepared.
  static Result<Embedder> create(std::shared_ptr<const Model> model);

  /// The vectors of texts, given as ids, in their order; prompts are not put before them. OUT_OF_RANGE: a text has more
  /// tokens than a sequence may have. INVALID_ARGUMENT: vectors have fewer values than options.dimensions.
  Result<std::vector<std::vector<float>>> embed(std::span<const std::vector<int32_t>> texts,
                                                const EmbedOptions& options = {});
  /// The same of texts, which are tokenized on the engine's pool behind their prompt. They are cut, with a warning, to
  /// the most tokens that the model states or that a sequence may have, whichever is less. NOT_FOUND: the checkpoint
  /// has no prompt of the name.
  Result<std::vector<Embedded>> embed(std::span<const std::string_view> texts, const EmbedOptions& options = {});
  Result<Embedded> embed(std::string_view text, const EmbedOptions& options = {});

 private:
  struct Prompt {
    std::string text;
    std::size_t tokens = 0;
  };
  Embedder() = default;
  Result<Prompt> make_prompt(std::string text) const;
  Result<Prompt> prompt_of(const EmbedOptions& options) const;
  Result<std::vector<int32_t>> encode(const std::string& text) const;
  Result<std::vector<int32_t>> cut(std::vector<int32_t> ids, std::string_view text) const;
  Result<std::vector<std::vector<float>>> embed(std::span<const std::vector<int32_t>> texts,
                                                const EmbedOptions& options, std::size_t prompt_tokens);

  std::shared_ptr<const Model> model_;
  std::unique_ptr<Session> session_;
  SentenceModules modules_;
  std::size_t most_ = 0;  // the most tokens of a text
  Prompt prompt_;         // the checkpoint's default one
};

}  // namespace weft
