// Added tokens: found in a text before it is split, the longest first.
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
  std::string shown;         // the text that it decodes to: the content, normalised if `normalized`; filled in by add()
  bool single_word = false;  // not found inside a word
  bool lstrip = false, rstrip = false;  // takes the white space on this side
  bool normalized = false;   // searched for in normalised text rather than in raw text
  bool special = false;
};

/// Tokens that the files beside a tokenizer.json add to its own, as transformers does.
struct TokensBeside {
  std::vector<AddedToken> listed;  // with how they are searched for, which goes before what tokenizer.json says
  std::vector<AddedToken> named;   // bos_token, additional_special_tokens...; added where no other token is alike
};

/// A part of a text: an added token (id >= 0), or the text between two of them.
struct AddedPart {
  std::int32_t id;
  std::string_view text;
};

class AddedTokens {
 public:
  /// A token replaces an earlier one with the same content; the same id with other content is an error. `normalizer` is
  /// the tokenizer's own.
  Status add(AddedToken token, const Normalizer& normalizer);

  /// Cuts the text at tokens that are searched for in normalised (or in raw) text; at special tokens only if `special`.
  Result<std::vector<AddedPart>> split(std::string_view text, bool normalized, bool special, Meter& meter) const;

  const AddedToken* find(std::int32_t id) const;           // null: there is none
  const AddedToken* find(std::string_view content) const;  // null: there is none
  /// Whether decoding leaves the token out when special tokens are to be skipped.
  bool is_skipped(const AddedToken& token) const;
  std::size_t id_end() const { return by_id_.size(); }     // the largest id + 1
  const std::vector<AddedToken>& all() const { return tokens_; }

 private:
  std::vector<AddedToken> tokens_;
  std::vector<std::int32_t> by_id_;
  std::unordered_map<std::string, std::int32_t> by_content_;
  Trie raw_, normalized_;
};

}  // namespace weft
