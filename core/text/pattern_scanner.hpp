// Hand-written matchers of the splitting patterns that most models use: same spans as Oniguruma's, in
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
  /// The scanner of a pattern spelt exactly so; none of others.
  static std::optional<PatternScanner> find(std::string_view pattern);
  static const std::vector<std::string_view>& patterns();

  void spans(std::string_view text, std::vector<Span>& out) const;

 private:
  using Match = std::size_t (*)(std::string_view text, std::size_t at);  // where it ends; `at`: no match
  explicit PatternScanner(Match match) : match_(match) {}
  Match match_;
};

}  // namespace weft
