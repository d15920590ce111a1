// Tokenizers that the core does not read, and that plugins may.
#pragma once

#include <optional>
#include <string>

#include "core/model/engine.hpp"
#include "core/text/tokenizer.hpp"

namespace weft {

struct OfferedTokenizer {
  std::optional<Tokenizer> made;
  std::string asked;  // where no plugin claims the kind: who was asked, for the end of an error
};

/// The tokenizer that a plugin makes which claims this kind. Errors are those of the plugin.
Result<OfferedTokenizer> offered_tokenizer(Engine& engine, const Checkpoint& checkpoint, const std::string& kind);

}  // namespace weft
