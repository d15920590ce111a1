// Hand-written matchers of the splitting patterns that most models use. They give the same spans as Oniguruma, in
// linear time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace weft {

/// A part of a text; the spans of one answer cover the text in order.
struct Span {
  std::size_t begin, end;
  bool matched;
};

/// Published patterns. kDigits3Pattern and kDigits1Pattern take letters of either case together, and up to three digits
/// or one; kCased3Pattern and kCased1Pattern cut before capitals; kMarkedPattern takes letters with their marks.
extern const std::string_view kByteLevelPattern, kDigits3Pattern, kDigits1Pattern, kCased3Pattern, kCased1Pattern,
    kNumbers3Pattern, kCjkPattern, kMarkedPattern;

class PatternScanner {
 public:
  /// The scanner for a pattern that is spelt exactly like this; none for all other patterns.
  static std::optional<PatternScanner> find(std::string_view pattern);
  static const std::vector<std::string_view>& patterns();

  void spans(std::string_view text, std::vector<Span>& out) const;

 private:
  // Returns the match's end; `at`: there is no match.
  using Match = std::size_t (*)(std::string_view text, std::size_t at);
  explicit PatternScanner(Match match) : match_(match) {}
  Match match_;
};

}  // namespace weft
