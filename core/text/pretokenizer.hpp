// Pre-tokenizers: text to the words inside which tokens are merged.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/text/tokenizer_regex.hpp"
#include "weft/status.hpp"

namespace weft {

/// What becomes of a match of a splitting pattern.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

/// GPT-2's word pattern.
extern const std::string_view kGpt2Pattern;

struct Word {
  std::string text;
  bool first = false;  // begins where the whole input begins
};

struct SplitByRegex {
  Regex pattern;
  SplitBehavior behavior;
  bool invert;
};
struct SplitByCharacter {
  std::function<bool(std::uint32_t)> matches;
  SplitBehavior behavior;
};
struct SplitByteLevel {  // splits by `pattern` if any, then spells bytes in GPT-2's alphabet
  bool add_prefix_space;
  std::vector<Regex> pattern;
};
struct SplitMetaspace {
  enum class Prepend { kAlways, kFirst, kNever } prepend;
  std::string replacement;
  bool split;
};

using SplitStep = std::variant<SplitByRegex, SplitByCharacter, SplitByteLevel, SplitMetaspace>;

/// Steps in order, each on every word of the one before; empty words are dropped.
class PreTokenizer {
 public:
  void add(SplitStep step) { steps_.push_back(std::move(step)); }
  Result<std::vector<Word>> run(Word text) const;

 private:
  std::vector<SplitStep> steps_;
};

/// The steps that a byte-level vocabulary names as its `pre`. Unknown names are an error.
struct NamedPreTokenizer {
  PreTokenizer steps;
  bool ignore_merges = false;  // a word that is itself a token is not merged
  bool nfc = false;
};
Result<NamedPreTokenizer> pretokenizer_by_name(std::string_view name);

}  // namespace weft
