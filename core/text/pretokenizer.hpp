// Pre-tokenizers: text to the words inside which tokens are found.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/text/aligned_text.hpp"
#include "core/text/tokenizer_regex.hpp"
#include "weft/status.hpp"

namespace weft {

/// What becomes of a match of a splitting pattern.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

/// Bytes of a text.
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
struct SplitWords {};  // \w+|[^\w\s]+ as Rust's regex has them; the white space goes
struct SplitByScript {};
struct SplitByLength { std::size_t length; };  // characters
struct SplitByteLevel {  // splits by `pattern` if any, then spells bytes in GPT-2's alphabet
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

/// Steps in order, each on every word of the one before; empty words are dropped.
class PreTokenizer {
 public:
  void add(SplitStep step);
  std::size_t size() const { return steps_.size(); }
  /// Whether where a word begins in the input matters.
  bool needs_origins() const { return needs_origins_; }
  /// Whether the last step spells bytes; run() then leaves that to its caller.
  bool spells_bytes() const { return !steps_.empty() && std::holds_alternative<SplitByteLevel>(steps_.back()); }
  /// May change the text; origins follow only if `tracked`.
  Status run(AlignedText& text, bool tracked, std::vector<Word>& words) const;

 private:
  std::vector<SplitStep> steps_;
  bool needs_origins_ = false;
};

/// As BERT: at white space, which goes, and around punctuation.
void add_bert_split(PreTokenizer& out);

/// The steps that a byte-level vocabulary names as its `pre`. Unknown names are an error.
struct NamedPreTokenizer {
  PreTokenizer steps;
  bool ignore_merges = false;  // a word that is itself a token is not merged
  bool nfc = false;
  bool add_bos = false, add_sep = false;  // unless something else is said
  bool raw = false;     // tokens are text, not bytes spelt in GPT-2's alphabet
  bool marked = false;  // and have sentencepiece's mark for a space
};
Result<NamedPreTokenizer> pretokenizer_by_name(std::string_view name);

}  // namespace weft
