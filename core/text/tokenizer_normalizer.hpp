// Normalizers change a text before it is split into words.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/text/charsmap.hpp"
#include "core/text/normal_form.hpp"
#include "core/text/tokenizer_regex.hpp"
#include "core/text/trie.hpp"
#include "weft/status.hpp"

namespace weft {

struct NormalizeForm { UnicodeForm form; };
struct NormalizeLowercase {};
struct NormalizeStrip { bool left, right; };
struct NormalizeStripAccents {};
struct NormalizePrepend { std::string prefix; };  // only before a text that is not empty
struct NormalizeReplace {
  std::string literal;  // used unless it is empty; then `pattern` is
  Regex pattern;
  std::string with;
};
struct NormalizeByteLevel {};
struct NormalizeNmt {};
struct NormalizeWords { bool clean_text, chinese_spaced, strip_accents, lowercase; };
struct NormalizePrecompiled { std::shared_ptr<const Charsmap> map; };
/// Everything that sentencepiece does to a text.
struct NormalizeSentencePiece {
  std::shared_ptr<const Charsmap> map;  // may be null
  std::shared_ptr<const Trie> whole;    // user-defined symbols, which stay as they are; may be null
  bool dummy_prefix, remove_extra_spaces, escape_spaces, spaces_are_suffixes;
  bool prefix_first_only = false;  // only where the text begins, not after an added token
};

using NormalizeStep = std::variant<NormalizeForm, NormalizeLowercase, NormalizeStrip, NormalizeStripAccents,
                                   NormalizePrepend, NormalizeReplace, NormalizeByteLevel, NormalizeNmt, NormalizeWords,
                                   NormalizePrecompiled, NormalizeSentencePiece>;

/// The steps run in order. Without steps the text stays as it is.
class Normalizer {
 public:
  void add(NormalizeStep step) { steps_.push_back(std::move(step)); }
  bool empty() const { return steps_.empty(); }
  /// Normalises `text`, which is valid UTF-8. Origins follow only if `tracked`.
  Status run(AlignedText& text, bool tracked, Meter& meter) const;
  Result<std::string> run(std::string_view text, Meter& meter) const;

 private:
  std::vector<NormalizeStep> steps_;
};

/// Replaces every `from` (not empty) in `text` by `to`.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);
void replace_all(AlignedText& text, std::string_view from, std::string_view to, bool tracked);
/// Called before replace_all() where a file chooses what is replaced, and by what.
Status check_replace_all(std::string_view text, std::string_view from, std::string_view to, Meter& meter);
/// Spells each byte in the byte-level alphabet.
void byte_level(AlignedText& text, bool tracked);

}  // namespace weft
