// Regular expressions on Oniguruma, with its own syntax and UTF-8: tokenizer.json files are written for it. Immutable
// once compiled; any number of threads may match at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/pattern_scanner.hpp"
#include "core/text/text_meter.hpp"
#include "weft/status.hpp"

namespace weft {

class Regex {
 public:
  /// Compiles a pattern. One that pattern_scanner.hpp knows gets a scanner, unless `allow_scanner` is false.
  static Result<Regex> compile(std::string_view pattern, bool allow_scanner = true);
  /// A pattern that matches the text `text` literally.
  static Result<Regex> literal(std::string_view text);

  /// Gives the matches and the gaps between them. Fails when matching takes too many steps.
  Status spans(std::string_view text, Meter& meter, std::vector<Span>& out) const;
  Result<std::string> replace(std::string_view text, std::string_view with, Meter& meter) const;

 private:
  std::shared_ptr<const void> compiled_;
  std::optional<PatternScanner> scanner_;
};

/// At most how many bytes a text of `text` bytes has once each match is replaced by `with` bytes.
std::uint64_t replaced_bytes(std::size_t text, const std::vector<Span>& parts, std::size_t with);

}  // namespace weft
