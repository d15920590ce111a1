// How an embedding model makes one vector of a text, as its checkpoint says: modules.json of sentence-transformers and
// the files it names, or a GGUF's pooling_type.
#pragma once

#include <optional>
#include <vector>

#include "core/tasks/dense.hpp"
#include "core/tasks/pooling.hpp"

namespace weft {

struct SentenceModules {
  Pooling pooling;
  /// What follows it, in order; nothing in a place: the vector is made length 1.
  std::vector<std::optional<Dense>> after;
  int64_t max_tokens = 0;   // what is longer is cut as sentence-transformers does; 0: not said
  bool lower_case = false;  // of texts, before they are tokenized
  std::string prompt;       // stands before each text

  /// Without modules.json the mean, as sentence-transformers has it. Of GGUF files normalised: they do not say whether,
  /// and llama.cpp does. A module or a value that is not implemented is refused by name.
  static Result<SentenceModules> load(Engine& engine, const Checkpoint& checkpoint);

  /// hidden: [tokens, width], of which the first `prompt_tokens` are the prompt's.
  Result<std::vector<float>> vector(std::span<const float> hidden, int64_t width, std::size_t prompt_tokens) const;
};

}  // namespace weft
