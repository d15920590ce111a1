#include "core/text/flat_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/large_pages.hpp"
#include "core/text/unicode.hpp"

namespace weft {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{512} << 20, kMaxValues = std::size_t{1} << 25;
constexpr int kMaxDepth = 64;

int hex(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

class FlatJsonParser {
 public:
  FlatJsonParser(std::string_view text, FlatJson& out) : text_(text), out_(out) {}

  Status run() {
    WEFT_CHECK_OK(value(0));
    space();
    return at_ == text_.size() ? Status() : fail("more text after the document");
  }

 private:
  using Type = FlatJson::Type;
  using Value = FlatJson::Value;

  Status fail(std::string_view what) const { return invalid("JSON: {} at byte {}", what, at_); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) ++at_;
  }
  Value& push(Type type) {
    Value& v = out_.values_.emplace_back();
    v.type = type;
    v.integer = 0;
    return v;
  }
  Status word(std::string_view name, Type type) {
    if (text_.substr(at_, name.size()) != name) return fail("an unknown value");
    at_ += name.size();
    push(type);
    return {};
  }

  Status value(int depth) {
    space();
    if (out_.values_.size() >= kMaxValues) return fail("too many values");
    switch (peek()) {
      case '{': return container(depth, Type::kObject, '}');
      case '[': return container(depth, Type::kArray, ']');
      case '"': return string();
      case 't': return word("true", Type::kTrue);
      case 'f': return word("false", Type::kFalse);
      case 'n': return word("null", Type::kNull);
      default: return number();
    }
  }

  Status container(int depth, Type type, char close) {
    if (depth >= kMaxDepth) return fail("too many containers inside each other");
    const std::size_t self = out_.values_.size();
    push(type);
    ++at_;
    std::uint32_t size = 0;
    space();
    if (peek() == close) {
      ++at_;
    } else {
      for (;;) {
        if (type == Type::kObject) {
          space();
          if (peek() != '"') return fail("a member without a name");
          WEFT_CHECK_OK(string());
          space();
          if (peek() != ':') return fail("a member without ':'");
          ++at_;
        }
        WEFT_CHECK_OK(value(depth + 1));
        ++size;
        space();
        const char c = peek();
        ++at_;
        if (c == close) break;
        if (c != ',') {
          --at_;
          return fail("neither ',' nor the end of a container");
        }
      }
    }
    out_.values_[self].size = size;
    out_.values_[self].end = out_.values_.size();
    return {};
  }

  Status number() {
    const std::size_t begin = at_;
    bool integer = true;
    if (peek() == '-') ++at_;
    const std::size_t digits = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool digit = c >= '0' && c <= '9';
      if (!digit && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-') break;
      integer = integer && digit;
      ++at_;
    }
    const char *first = text_.data() + begin, *last = text_.data() + at_;
    const bool leading_zero = at_ - digits > 1 && text_[digits] == '0' && hex(text_[digits + 1]) >= 0 && text_[digits + 1] <= '9';
    if (at_ == digits || text_[digits] < '0' || text_[digits] > '9' || leading_zero) return fail("an unknown value");
    if (integer) {
      std::int64_t i = 0;
      if (const auto r = std::from_chars(first, last, i); r.ec == std::errc() && r.ptr == last) {
        push(Type::kInteger).integer = i;
        return {};
      }
    }
    const auto d = decimal({first, last});
    if (!d) return fail("a number that cannot be read");
    push(Type::kNumber).number = *d;
    return {};
  }

  /// As serde_json reads it, which is not always the nearest: scores must add up to the same sums.
  static std::optional<double> decimal(std::string_view text) {
    double ignored = 0;  // from_chars knows what a number is
    const auto r = std::from_chars(text.data(), text.data() + text.size(), ignored);
    if (r.ec == std::errc::invalid_argument || r.ptr != text.data() + text.size()) return std::nullopt;
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    std::size_t e = 0;
    while (e < text.size() && text[e] != 'e' && text[e] != 'E') ++e;
    std::int64_t exponent = 0;
    if (e < text.size()) {
      const std::string_view digits = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
      if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc()) return std::nullopt;
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
    if (value != 0) value = exponent >= 0 ? value * power(std::min<std::int64_t>(exponent, 309)) : value / power(-exponent);
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

  Status string() {
    const std::size_t begin = ++at_;
    bool ascii = true;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\') {
      const auto c = static_cast<std::uint8_t>(text_[at_]);
      if (c < 0x20) return fail("a control character in a string");
      ascii = ascii && c < 0x80;
      ++at_;
    }
    if (at_ == text_.size()) return fail("a string without an end");
    std::string_view plain = text_.substr(begin, at_ - begin);
    if (!ascii && !is_valid_utf8(plain)) return fail("a string that is not UTF-8");
    if (text_[at_] == '\\') WEFT_CHECK_OK(escaped(plain));
    ++at_;
    Value& v = push(Type::kString);
    v.text = plain.data();
    v.size = static_cast<std::uint32_t>(plain.size());
    return {};
  }

  /// `text`: what comes before the first escape; then all of the string.
  Status escaped(std::string_view& text) {
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return fail("a string without an end");
    char* const begin = room(text.size() + end - at_);  // an escape is never shorter than what it stands for
    char* out = std::copy(text.begin(), text.end(), begin);
    while (at_ < end) {
      if (static_cast<std::uint8_t>(text_[at_]) < 0x20) return fail("a control character in a string");
      if (text_[at_] != '\\') {
        *out++ = text_[at_++];
        continue;
      }
      ++at_;
      const char c = peek();
      ++at_;
      constexpr std::string_view kNames = "\"\\/bfnrt", kBytes = "\"\\/\b\f\n\r\t";
      if (const auto i = kNames.find(c); c != '\0' && i != kNames.npos) {
        *out++ = kBytes[i];
      } else if (c == 'u') {
        std::uint32_t code = 0;
        WEFT_CHECK_OK(unit(code));
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
          at_ += 2;
          std::uint32_t low = 0;
          WEFT_CHECK_OK(unit(low));
          if (low < 0xDC00 || low > 0xDFFF) return fail("half a surrogate pair");
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        if (code >= 0xD800 && code < 0xE000) return fail("half a surrogate pair");
        std::string character;
        append_utf8(character, code);
        out = std::copy(character.begin(), character.end(), out);
      } else {
        return fail("an unknown escape");
      }
    }
    text = {begin, static_cast<std::size_t>(out - begin)};
    left_ -= text.size();
    free_ += text.size();
    return is_valid_utf8(text) ? Status() : fail("a string that is not UTF-8");
  }

  char* room(std::size_t bytes) {
    constexpr std::size_t kPiece = 64 << 10;
    if (bytes > left_) {
      left_ = std::max(bytes, kPiece);
      free_ = out_.unescaped_.emplace_back(new char[left_]).get();
    }
    return free_;
  }

  Status unit(std::uint32_t& code) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = hex(peek());
      if (digit < 0) return fail("an escape without four digits");
      code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    return {};
  }

  std::string_view text_;
  FlatJson& out_;
  std::size_t at_ = 0;
  char* free_ = nullptr;  // of unescaped_'s last piece
  std::size_t left_ = 0;
};

Result<FlatJson> FlatJson::parse(std::string_view text) {
  if (text.size() > kMaxBytes) return invalid("JSON: {} bytes, at most {}", text.size(), kMaxBytes);
  FlatJson out;
  reserve_large(out.values_, std::min(text.size() / 3 + 8, kMaxValues));  // what is not used is never touched
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
