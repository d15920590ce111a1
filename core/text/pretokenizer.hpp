// Pre-tokenizers split a text into words; each token lies inside one word.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/text/aligned_text.hpp"
#include "core/text/tokenizer_regex.hpp"
#include "weft/status.hpp"

namespace weft {

/// What becomes of the matches of a splitting pattern.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

/// A range of bytes of a text.
struct Word {
  std::uint32_t begin, end;
};

struct SplitByRegex {
  Regex pattern;
  SplitBehavior behavior;
  bool invert;
};
struct SplitByCharacter {
  bool (*matches)(std::uint32_t);
  SplitBehavior behavior;
};
struct SplitByDelimiter {
  std::uint32_t delimiter;
  SplitBehavior behavior;
};
struct SplitWords {};  // \w+|[^\w\s]+ as Rust's regex matches them; white space is dropped
struct SplitByScript {};
struct SplitByLength { std::size_t length; };  // in characters
struct SplitByteLevel {  // splits by `pattern` if there is one, then spells bytes in the byte-level alphabet
  bool add_prefix_space;
  std::vector<Regex> pattern;
};
struct SplitMetaspace {
  enum class Prepend { kAlways, kFirst, kNever } prepend;
  std::string replacement;
  bool split;
};

using SplitStep = std::variant<SplitByRegex, SplitByCharacter, SplitByDelimiter, SplitWords, SplitByScript,
                               SplitByLength, SplitByteLevel, SplitMetaspace>;

/// The steps run in order, each on every word that the step before made. Empty words are dropped.
class PreTokenizer {
 public:
  void add(SplitStep step);
  std::size_t size() const { return steps_.size(); }
  /// Whether a step depends on where a word begins in the input.
  bool needs_origins() const { return needs_origins_; }
  /// Whether the last step spells bytes; run() leaves this step to its caller.
  bool spells_bytes() const { return !steps_.empty() && std::holds_alternative<SplitByteLevel>(steps_.back()); }
  /// Splits `text` into `words`. It may change the text; origins follow only if `tracked`.
  Status run(AlignedText& text, bool tracked, Meter& meter, std::vector<Word>& words) const;

 private:
  std::vector<SplitStep> steps_;
  bool needs_origins_ = false;
};

/// Splits at white space, which is dropped, and around punctuation.
void add_word_split(PreTokenizer& out);

/// The steps that a byte-level vocabulary names as its `pre`. An unknown name is an error.
struct NamedPreTokenizer {
  PreTokenizer steps;
  bool ignore_merges = false;  // a word that is a token is not merged
  bool nfc = false;
  bool add_bos = false, add_sep = false;  // where the vocabulary does not say
  bool raw = false;                       // tokens are text rather than bytes spelt in the byte-level alphabet
  bool marked = false;                    // tokens have sentencepiece's mark in place of a space
};
Result<NamedPreTokenizer> pretokenizer_by_name(std::string_view name);

}  // namespace weft
