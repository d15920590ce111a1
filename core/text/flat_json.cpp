#include "core/text/flat_json.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/large_pages.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 29, kMaxValues = std::size_t{1} << 25;
constexpr int kMaxDepth = 64;

int hex(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

}  // namespace

class FlatJsonParser {
 public:
  FlatJsonParser(std::string_view text, FlatJson& out)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), out_(out) {}

  Status run() {
    out_.text_ = begin_;
    if (value(0)) {
      space();
      if (at_ == end_) return {};
      fail("more text after the document");
    }
    return invalid("JSON: {} at byte {}", problem_, at_ - begin_);
  }

 private:
  using Type = FlatJson::Type;
  using Kind = FlatJson::Kind;

  bool fail(std::string_view what) {
    problem_ = what;
    return false;
  }
  char peek() const { return at_ < end_ ? *at_ : '\0'; }
  std::string_view rest() const { return {at_, end_}; }
  void space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
      ++at_;
      if constexpr (std::endian::native != std::endian::little) continue;
      for (std::uint64_t w; end_ - at_ >= 8;) {  // mostly the indent
        std::memcpy(&w, at_, 8);
        const int spaces = w == kOnes * ' ' ? 8 : std::countr_zero(w ^ kOnes * ' ') / 8;
        at_ += spaces;
        if (spaces < 8) break;
      }
    }
  }
  void push(Kind kind, std::size_t at, std::size_t size = 0) {
    out_.values_.push_back({kind, static_cast<std::uint32_t>(size) & 0x1FFFFFFFu, static_cast<std::uint32_t>(at)});
  }
  bool word(std::string_view name, Type type) {
    if (!rest().starts_with(name)) return fail("an unknown value");
    at_ += name.size();
    return push(Kind::kConstant, static_cast<std::size_t>(type)), true;
  }

  bool value(int depth) {
    space();
    if (out_.values_.size() >= kMaxValues) return fail("too many values");
    switch (peek()) {
      case '{': return container(depth, Kind::kObjectOf, '}');
      case '[': return container(depth, Kind::kArrayOf, ']');
      case '"': return string();
      case 't': return word("true", Type::kTrue);
      case 'f': return word("false", Type::kFalse);
      case 'n': return word("null", Type::kNull);
      default: return number();
    }
  }

  bool container(int depth, Kind kind, char close) {
    if (depth >= kMaxDepth) return fail("too many containers inside each other");
    const std::size_t self = out_.values_.size();
    push(kind, 0);
    ++at_;
    std::uint32_t size = 0;
    space();
    if (peek() == close) {
      ++at_;
    } else {
      for (;;) {
        if (kind == Kind::kObjectOf) {
          space();
          if (peek() != '"') return fail("a member without a name");
          if (!string()) return false;
          space();
          if (peek() != ':') return fail("a member without ':'");
          ++at_;
        }
        if (!value(depth + 1)) return false;
        ++size;
        space();
        const char c = peek();
        if (c != close && c != ',') return fail("neither ',' nor the end of a container");
        ++at_;
        if (c == close) break;
      }
    }
    out_.values_[self].size = size & 0x1FFFFFFFu;  // no container has more values than fit, see kMaxValues
    out_.values_[self].at = static_cast<std::uint32_t>(out_.values_.size());
    return true;
  }

  bool number() {
    const char* const first = at_;
    bool integer = true;
    if (peek() == '-') ++at_;
    const char* const digits = at_;
    std::int64_t value = 0;
    for (; at_ < end_; ++at_) {
      const char c = *at_;
      const bool digit = c >= '0' && c <= '9';
      if (!digit && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-') break;
      if (c == '.' && (end_ - at_ < 2 || at_[1] < '0' || at_[1] > '9')) return fail("an unknown value");
      integer = integer && digit;
      if (integer && at_ - digits < 18) value = value * 10 + (c - '0');
    }
    const bool leading_zero = at_ - digits > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    if (at_ == digits || *digits < '0' || *digits > '9' || leading_zero) return fail("an unknown value");
    if (integer) {
      bool fits = at_ - digits <= 18;
      if (fits && first != digits) value = -value;
      if (!fits) fits = std::from_chars(first, at_, value).ec == std::errc();
      if (fits && value == static_cast<std::int32_t>(value)) {
        return push(Kind::kIntegerHere, static_cast<std::uint32_t>(value)), true;
      }
      if (fits) {
        push(Kind::kIntegerAside, out_.integers_.size());
        return out_.integers_.push_back(value), true;
      }
    }
    const auto d = decimal({first, at_});
    if (!d) return fail("a number that cannot be read");
    push(Kind::kNumberAside, out_.numbers_.size());
    return out_.numbers_.push_back(*d), true;
  }

  /// A decimal number as serde_json reads it, which is not always the nearest double: sums of scores must equal the
  /// reference's.
  static std::optional<double> decimal(std::string_view text) {
    double ignored = 0;  // from_chars decides what is a number
    const auto r = std::from_chars(text.data(), text.data() + text.size(), ignored);
    if (r.ec == std::errc::invalid_argument || r.ptr != text.data() + text.size()) return std::nullopt;
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    std::size_t e = 0;
    while (e < text.size() && text[e] != 'e' && text[e] != 'E') ++e;
    std::int64_t exponent = 0;
    if (e < text.size()) {
      const std::string_view digits = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
      if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc())
        return std::nullopt;
    }
    std::uint64_t significand = 0;
    bool fraction = false, full = false;
    for (const char c : text.substr(0, e)) {
      if (c == '.') {
        if (full) break;
        fraction = true;
        continue;
      }
      const auto digit = static_cast<std::uint64_t>(c - '0');
      full = full || significand > (UINT64_MAX - digit) / 10;
      if (full && fraction) break;
      if (full) ++exponent;
      else significand = significand * 10 + digit;
      if (fraction) --exponent;
    }
    auto value = static_cast<double>(significand);
    while (exponent < -308 && value != 0) {
      value /= 1e308;
      exponent += 308;
    }
    if (value != 0)
      value = exponent >= 0 ? value * power(std::min<std::int64_t>(exponent, 309)) : value / power(-exponent);
    if (std::isinf(value)) return std::nullopt;
    return negative ? -value : value;
  }
  static double power(std::int64_t exponent) {
    static const auto powers = [] {
      std::array<double, 310> out{};
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::string text = "1e" + std::to_string(i);
        if (std::from_chars(text.data(), text.data() + text.size(), out[i]).ec != std::errc()) out[i] = HUGE_VAL;
      }
      return out;
    }();
    return powers[static_cast<std::size_t>(exponent)];
  }

  /// Moves to the next '"', '\\' or control character, or to where fewer than eight bytes are left.
  void skip_plain() {
    if constexpr (std::endian::native != std::endian::little) return;
    constexpr std::uint64_t kHigh = kOnes << 7;
    for (std::uint64_t w; end_ - at_ >= 8; at_ += 8) {
      std::memcpy(&w, at_, 8);
      const std::uint64_t quote = w ^ kOnes * '"', slash = w ^ kOnes * '\\';
      const std::uint64_t found =
          (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((w - kOnes * 0x20) & ~w)) & kHigh;
      if (found == 0) continue;
      at_ += std::countr_zero(found) / 8;  // only the lowest marked byte is reliable, and it is the one wanted
      return;
    }
  }

  bool string() {
    const char* const begin = ++at_;
    skip_plain();
    for (; at_ < end_ && *at_ != '"' && *at_ != '\\'; ++at_) {
      if (static_cast<std::uint8_t>(*at_) < 0x20) return fail("a control character in a string");
    }
    if (at_ == end_) return fail("a string without an end");
    if (*at_ == '\\') return escaped(begin);
    push(Kind::kStringInText, static_cast<std::size_t>(begin - begin_), static_cast<std::size_t>(at_ - begin));
    ++at_;
    return true;
  }

  /// Reads the string that starts at `begin` and whose first escape is here.
  bool escaped(const char* begin) {
    std::vector<char>& out = out_.unescaped_;
    const std::size_t start = out.size();
    out.insert(out.end(), begin, at_);
    for (;;) {
      if (at_ >= end_) return fail("a string without an end");
      if (static_cast<std::uint8_t>(*at_) < 0x20) return fail("a control character in a string");
      if (*at_ == '"') break;
      if (*at_ != '\\') {
        out.push_back(*at_++);
        continue;
      }
      if (++at_ == end_) return fail("a string without an end");
      const char c = *at_++;
      constexpr std::string_view kNames = "\"\\/bfnrt", kBytes = "\"\\/\b\f\n\r\t";
      if (const auto i = kNames.find(c); i != kNames.npos) {
        out.push_back(kBytes[i]);
      } else if (c == 'u') {
        std::uint32_t code = 0;
        if (!unit(code)) return false;
        if (code >= 0xD800 && code < 0xDC00 && rest().starts_with("\\u")) {
          at_ += 2;
          std::uint32_t low = 0;
          if (!unit(low)) return false;
          if (low < 0xDC00 || low > 0xDFFF) return fail("half a surrogate pair");
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        if (code >= 0xD800 && code < 0xE000) return fail("half a surrogate pair");
        std::string character;
        append_utf8(character, code);
        out.insert(out.end(), character.begin(), character.end());
      } else {
        return fail("an unknown escape");
      }
    }
    push(Kind::kStringUnescaped, start, out.size() - start);
    ++at_;
    return true;
  }

  bool unit(std::uint32_t& code) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = hex(peek());
      if (digit < 0) return fail("an escape without four digits");
      code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  static constexpr std::uint64_t kOnes = 0x0101010101010101u;
  const char* const begin_;
  const char* at_;
  const char* const end_;
  FlatJson& out_;
  std::string_view problem_;  // set where a method returns false
};

Result<FlatJson> FlatJson::parse(std::string_view text) {
  if (text.size() > kMaxBytes) return invalid("JSON: {} bytes, at most {}", text.size(), kMaxBytes);
  if (!is_valid_utf8(text)) return invalid("JSON: not UTF-8");
  FlatJson out;
  // An upper bound; memory that is not used is never touched.
  reserve_large(out.values_, std::min(text.size() / 3 + 8, kMaxValues));
  WEFT_CHECK_OK(FlatJsonParser(text, out).run());
  return out;
}

FlatJson::Node FlatJson::Node::operator[](std::string_view key) const {
  Node found;
  (void)each_member([&](std::string_view name, Node value) -> Status {
    if (name == key) found = value;
    return {};
  });
  return found;
}

}  // namespace weft
