// How an embedding model makes one vector of a text. The checkpoint says it: modules.json of sentence-transformers and
// the files that it names, or the pooling_type of a GGUF file.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tasks/dense.hpp"
#include "core/tasks/pooling.hpp"

namespace weft {

/// The folder of a module, by its path in modules.json. INVALID_ARGUMENT: it is not beside that file.
Result<std::string> module_folder(const Checkpoint& checkpoint, const std::string& path);
/// The config.json of a module's folder; an empty object where there is none. The caller drains the result.
Result<Json> module_config(const std::string& folder);

struct SentenceModules {
  Pooling pooling;
  /// What follows the pooling, in order; an empty entry normalises the vector to length 1.
  std::vector<std::optional<Dense>> after;
  int64_t max_tokens = 0;   // longer texts are cut, as in sentence-transformers; 0: not said
  bool lower_case = false;  // texts are put into lower case before they are tokenized
  std::string prompt;       // put before each text
  std::map<std::string, std::string, std::less<>> prompts;  // by name

  /// Without modules.json the vector is the mean, as in sentence-transformers. That of a GGUF file is normalised: the
  /// file does not say whether to, and other readers do. What is not implemented is refused by name.
  static Result<SentenceModules> load(Engine& engine, const Checkpoint& checkpoint);

  /// The prompt of this name. NOT_FOUND lists those that there are.
  Result<std::string> prompt_named(std::string_view name) const;
  /// hidden: [tokens, width]; the first `prompt_tokens` tokens are the prompt's. `how`: the pooling, ours or another.
  Result<std::vector<float>> vector(std::span<const float> hidden, int64_t width, std::size_t prompt_tokens,
                                    const Pooling& how) const;
};

/// Scales a vector to length 1; one shorter than 1e-12 is divided by that.
void normalize(std::span<float> vector);

}  // namespace weft
