// Normalizers: text to text, before words are cut.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/text/tokenizer_regex.hpp"
#include "core/text/unicode.hpp"
#include "weft/status.hpp"

namespace weft {

struct NormalizeForm { UnicodeForm form; };
struct NormalizeLowercase {};
struct NormalizeStrip { bool left, right; };
struct NormalizeStripAccents {};
struct NormalizePrepend { std::string prefix; };  // only before text that is not empty
struct NormalizeReplace {
  std::string literal;  // used when not empty
  Regex pattern;
  std::string with;
};
struct NormalizeByteLevel {};

using NormalizeStep =
    std::variant<NormalizeForm, NormalizeLowercase, NormalizeStrip, NormalizeStripAccents,
                 NormalizePrepend, NormalizeReplace, NormalizeByteLevel>;

/// Steps in order; none leaves the text as it is.
class Normalizer {
 public:
  void add(NormalizeStep step) { steps_.push_back(std::move(step)); }
  bool empty() const { return steps_.empty(); }
  /// `text` is valid UTF-8.
  Result<std::string> run(std::string text) const;

 private:
  std::vector<NormalizeStep> steps_;
};

/// Every `from` (not empty) in `text` becomes `to`.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

}  // namespace weft
