// Added tokens: found in the text before anything else looks at it, longest first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text/tokenizer_normalizer.hpp"
#include "core/text/trie.hpp"
#include "weft/status.hpp"

namespace weft {

struct AddedToken {
  std::int32_t id = -1;
  std::string content;
  std::string shown;         // as it decodes: the content, normalised if sought so; filled by add()
  bool single_word = false;  // not inside a word
  bool lstrip = false, rstrip = false;  // takes the white space beside it
  bool normalized = false;   // sought in normalised text
  bool special = false;
};

/// A part of the text: an added token (id >= 0), or text between them.
struct AddedPart {
  std::int32_t id;
  std::string_view text;
};

class AddedTokens {
 public:
  /// A token of the same content replaces the one before; one of the same id alone is an error.
  /// `normalizer` is the tokenizer's own.
  Status add(AddedToken token, const Normalizer& normalizer);

  /// Cuts at the tokens sought in normalised (or in raw) text; special ones only if `special`.
  std::vector<AddedPart> split(std::string_view text, bool normalized, bool special) const;

  const AddedToken* find(std::int32_t id) const;           // null: none
  const AddedToken* find(std::string_view content) const;  // null: none
  /// Whether decoding leaves it out where special tokens are not wanted.
  bool is_skipped(const AddedToken& token) const;
  std::size_t id_end() const { return by_id_.size(); }     // largest id + 1
  const std::vector<AddedToken>& all() const { return tokens_; }

 private:
  std::vector<AddedToken> tokens_;
  std::vector<std::int32_t> by_id_;
  std::unordered_map<std::string, std::int32_t> by_content_;
  Trie raw_, normalized_;
};

}  // namespace weft
