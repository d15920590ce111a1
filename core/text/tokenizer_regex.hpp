// Regular expressions with the engine tokenizer.json files are written for: Oniguruma, its own
// syntax, UTF-8. Immutable once compiled; any number of threads may match at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/pattern_scanner.hpp"
#include "weft/status.hpp"

namespace weft {

class Regex {
 public:
  /// The patterns of pattern_scanner.hpp get their scanner, unless told otherwise.
  static Result<Regex> compile(std::string_view pattern, bool allow_scanner = true);
  /// A pattern that matches `text` itself.
  static Result<Regex> literal(std::string_view text);

  /// Matches and the gaps between them. Fails when matching takes too many steps.
  Status spans(std::string_view text, std::vector<Span>& out) const;
  Result<std::string> replace(std::string_view text, std::string_view with) const;

 private:
  std::shared_ptr<const void> compiled_;
  std::optional<PatternScanner> scanner_;
};

}  // namespace weft
