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

extern const std::string_view kGpt2Pattern, kLlama3Pattern, kQwen2Pattern, kGpt4oPattern, kTekkenPattern,
    kDeepseek3Digits, kDeepseek3Cjk, kDeepseek3Pattern;

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
