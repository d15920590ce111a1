// Turns a rendered conversation into token ids: control tokens come only from what the template wrote.
#pragma once

#include <string>
#include <vector>

#include "core/text/jinja/template.hpp"
#include "core/text/tokenizer.hpp"
#include "core/text/trie.hpp"

namespace weft {

/// The spellings of a tokenizer's special tokens. Immutable. [any-thread]
class SpecialTokens {
 public:
  explicit SpecialTokens(const Tokenizer& tokenizer);
  /// The longest special token that `text` begins with; length 0: there is none.
  Trie::Match longest(std::string_view text) const { return spellings_.longest(text); }

 private:
  Trie spellings_;
};

/// The ids of a rendered conversation. They are what the tokenizer gives for the whole text, unless the user wrote a
/// special token or a part of one: then the parts between control tokens that contain it are read as plain text.
/// `limits`: what the host allows; may be null.
Result<std::vector<std::int32_t>> prompt_ids(const Tokenizer& tokenizer, const SpecialTokens& special,
                                             const RenderedChat& chat, const CallLimits* limits = nullptr);

}  // namespace weft
