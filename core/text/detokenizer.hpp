// Turns token ids into text as they come. One thread at a time.
#pragma once

#include <memory>

#include "core/text/tokenizer.hpp"

namespace weft {

class PartsStream;

/// The pieces put together are Tokenizer::decode() of all ids, and no piece ends inside a character.
/// RESOURCE_EXHAUSTED: the tokenizer makes too much of the tokens (text_meter.hpp).
class Detokenizer {
 public:
  explicit Detokenizer(const Tokenizer& tokenizer, bool skip_special = true);
  Detokenizer(Detokenizer&&) noexcept;
  Detokenizer& operator=(Detokenizer&&) noexcept;
  ~Detokenizer();

  /// Adds an id and returns the text that has become certain; may be empty.
  Result<std::string> push(std::int32_t id);
  /// Returns the text that is still held back. The next push begins a new text.
  Result<std::string> flush();

 private:
  Tokenizer tokenizer_;  // keeps the decoder alive
  bool skip_special_;
  std::unique_ptr<PartsStream> stream_;
};

}  // namespace weft
