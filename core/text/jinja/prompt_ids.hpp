// A rendered conversation as token ids: control tokens only where the template wrote them.
#pragma once

#include <string>
#include <vector>

#include "core/text/jinja/template.hpp"
#include "core/text/tokenizer.hpp"

namespace weft {

/// The spellings of a tokenizer's special tokens. Immutable; [any-thread].
class SpecialTokens {
 public:
  explicit SpecialTokens(const Tokenizer& tokenizer);
  /// The length of the longest one at the front of `text`, 0 if there is none.
  std::size_t longest(std::string_view text) const;

 private:
  std::vector<std::string> sorted_;
};

/// As the tokenizer reads the whole text, unless the user wrote a special token or a part of one: the
/// parts between control tokens that hold such are read as plain text.
Result<std::vector<std::int32_t>> prompt_ids(const Tokenizer& tokenizer, const SpecialTokens& special,
                                             const RenderedChat& chat);

}  // namespace weft
