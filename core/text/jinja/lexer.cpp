#include "core/text/jinja/lexer.hpp"

#include <algorithm>

#include "core/text/jinja/value.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

bool space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) {  // any character outside ASCII may be in a name
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// Line ends become \n, and one at the very end goes.
std::string normal_lines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
    } else {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : text_(normal_lines(source)), s_(text_) {}

  std::vector<Piece> run() {
    while (at_ < s_.size()) {
      const std::size_t open = find_open(at_);
      std::string text(s_.substr(at_, open - at_));
      if (open == s_.size()) {
        add_text(std::move(text));
        break;
      }
      const char kind = s_[open + 1];
      std::size_t inside = open + 2;
      const char sign = inside < s_.size() && (s_[inside] == '-' || s_[inside] == '+') ? s_[inside++] : ' ';
      trim_before(text, sign, kind != '{');
      const int lines = count_lines(at_, open);
      add_text(std::move(text));
      line_ += lines;
      at_ = inside;
      if (kind == '#') {
        comment();
      } else if (kind == '%' && raw_begins()) {
        raw();
      } else {
        tag(kind);
      }
    }
    return std::move(pieces_);
  }
  int line() const { return line_; }

 private:
  int count_lines(std::size_t from, std::size_t to) const {
    return static_cast<int>(std::count(s_.begin() + static_cast<std::ptrdiff_t>(from),
                                       s_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
  }
  void move_to(std::size_t to) {
    line_ += count_lines(at_, to);
    at_ = to;
  }
  bool next_is(std::string_view text) const { return s_.substr(at_, text.size()) == text; }
  void skip_space() {
    std::size_t to = at_;
    while (to < s_.size() && space(s_[to])) ++to;
    move_to(to);
  }

  std::size_t find_open(std::size_t from) const {
    for (std::size_t i = from; (i = s_.find('{', i)) != s_.npos && i + 1 < s_.size(); ++i) {
      if (s_[i + 1] == '{' || s_[i + 1] == '%' || s_[i + 1] == '#') return i;
    }
    return s_.size();
  }

  void add_text(std::string text) {
    if (!text.empty()) pieces_.push_back({Piece::Kind::kText, line_, std::move(text), {}});
  }

  /// What a tag takes of the text before it: all white space (-), or blanks from the line's begin.
  void trim_before(std::string& text, char sign, bool statement) const {
    std::size_t keep = text.size();
    while (keep > 0 && space(text[keep - 1]) && (sign == '-' || text[keep - 1] != '\n')) --keep;
    const bool line_begin = keep > 0 ? text[keep - 1] == '\n' : at_ == 0 || s_[at_ - 1] == '\n';
    if (sign == '-' || (sign == ' ' && statement && line_begin)) text.resize(keep);
  }

  /// Takes "-%}" and white space, "+%}", or "%}" and, if `trims`, one line end.
  bool take_close(std::string_view close, bool trims) {
    const char sign = at_ < s_.size() ? s_[at_] : ' ';
    const bool minus = sign == '-', plus = sign == '+' && trims;
    if (s_.substr(at_ + (minus || plus ? 1 : 0), close.size()) != close) return false;
    at_ += close.size() + (minus || plus ? 1 : 0);
    if (minus) {
      skip_space();
    } else if (!plus && trims && at_ < s_.size() && s_[at_] == '\n') {
      move_to(at_ + 1);
    }
    return true;
  }

  void comment() {
    const std::size_t end = s_.find("#}", at_);
    if (end == s_.npos) fail("a comment does not end");
    const bool signed_end = end > at_ && (s_[end - 1] == '-' || s_[end - 1] == '+');
    move_to(signed_end ? end - 1 : end);
    take_close("#}", true);
  }

  bool raw_begins() {
    const std::size_t at = at_;
    const int line = line_;
    skip_space();
    if (next_is("raw")) {
      at_ += 3;
      skip_space();
      if (take_close("%}", false)) return true;
    }
    at_ = at;
    line_ = line;
    return false;
  }

  void raw() {
    const int begin_line = line_;
    for (std::size_t open = at_; (open = s_.find("{%", open)) != s_.npos; open += 2) {
      const std::size_t begin = at_;
      std::size_t i = open + 2;
      const char sign = i < s_.size() && (s_[i] == '-' || s_[i] == '+') ? s_[i++] : ' ';
      while (i < s_.size() && space(s_[i])) ++i;
      if (s_.substr(i, 6) != "endraw") continue;
      i += 6;
      while (i < s_.size() && space(s_[i])) ++i;
      std::string text(s_.substr(begin, open - begin));
      trim_before(text, sign, true);
      add_text(std::move(text));
      move_to(i);
      if (!take_close("%}", true)) fail("endraw does not end");
      return;
    }
    throw Failure{"raw does not end", begin_line};
  }

  void tag(char kind) {
    const std::string_view close = kind == '{' ? "}}" : "%}";
    Piece piece{kind == '{' ? Piece::Kind::kOutput : Piece::Kind::kStatement, line_, "", {}};
    std::string brackets;  // open ones: a close mark inside them is not one
    while (true) {
      skip_space();
      if (at_ >= s_.size()) throw Failure{"a tag does not end", piece.line};
      if (brackets.empty() && take_close(close, kind == '%')) break;
      token(piece.tokens, brackets);
    }
    piece.tokens.push_back({});
    pieces_.push_back(std::move(piece));
  }

  void token(std::vector<Token>& out, std::string& brackets) {
    const char c = s_[at_];
    if (letter(c)) {
      std::size_t j = at_;
      while (j < s_.size() && (letter(s_[j]) || digit(s_[j]))) ++j;
      out.push_back({Token::Kind::kName, std::string(s_.substr(at_, j - at_))});
      at_ = j;
    } else if (digit(c)) {
      out.push_back(number(!out.empty() && out.back().text == "." && out.back().kind == Token::Kind::kOperator));
    } else if (c == '\'' || c == '"') {
      out.push_back({Token::Kind::kString, string()});
    } else {
      static constexpr std::string_view kOperators[] = {
          "==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=",
          "(", ")", "[", "]", "{", "}", ",", ".", ":", "|"};
      const auto op = std::find_if(std::begin(kOperators), std::end(kOperators), [&](std::string_view o) { return next_is(o); });
      if (op == std::end(kOperators)) fail(std::string("unexpected character '") + c + "'");
      if (c == '(' || c == '[' || c == '{') brackets += c == '(' ? ')' : c == '[' ? ']' : '}';
      if (c == ')' || c == ']' || c == '}') {
        if (brackets.empty() || brackets.back() != c) fail(std::string("unexpected '") + c + "'");
        brackets.pop_back();
      }
      out.push_back({Token::Kind::kOperator, std::string(*op)});
      at_ += op->size();
    }
  }

  /// Digits with single underscores between them, which are left out.
  std::string digits(bool (*valid)(char)) {
    std::string out;
    while (at_ < s_.size()) {
      const bool gap = s_[at_] == '_' && at_ + 1 < s_.size() && valid(s_[at_ + 1]);
      if (!gap && !valid(s_[at_])) break;
      at_ += gap ? 1 : 0;
      out += s_[at_++];
    }
    return out;
  }

  Token number(bool index) {
    const char next = at_ + 1 < s_.size() ? static_cast<char>(s_[at_ + 1] | 0x20) : ' ';
    const int base = s_[at_] != '0' ? 10 : next == 'x' ? 16 : next == 'o' ? 8 : next == 'b' ? 2 : 10;
    if (base != 10) {
      at_ += 2;
      const auto valid = base == 16 ? +[](char c) { return digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
                         : base == 8 ? +[](char c) { return c >= '0' && c <= '7'; }
                                     : +[](char c) { return c == '0' || c == '1'; };
      const std::string text = digits(valid);
      if (text.empty() || text.size() > (base == 16 ? 15u : base == 8 ? 20u : 62u)) fail("a malformed number");
      return {Token::Kind::kInteger, std::to_string(std::stoll(text, nullptr, base))};
    }
    Token out{Token::Kind::kInteger, digits(digit)};
    if (!index) {  // a.0.1 holds no fractions
      if (at_ + 1 < s_.size() && s_[at_] == '.' && digit(s_[at_ + 1])) {
        ++at_;
        out = {Token::Kind::kFloat, out.text + '.' + digits(digit)};
      }
      std::size_t e = at_ + 1;
      if (e < s_.size() && (s_[e] == '+' || s_[e] == '-')) ++e;
      if (e < s_.size() && (s_[at_] | 0x20) == 'e' && digit(s_[e])) {
        const std::string power(s_.substr(at_, e - at_));
        at_ = e;
        out = {Token::Kind::kFloat, out.text + power + digits(digit)};
      }
    }
    if (out.text.size() > (out.kind == Token::Kind::kFloat ? 400u : 18u)) fail("a number is too long");
    return out;
  }

  std::string string() {
    const char quote = s_[at_];
    std::string out;
    std::size_t i = at_ + 1;
    while (i < s_.size() && s_[i] != quote) {
      if (s_[i] == '\\' && i + 1 < s_.size()) {
        ++i;
        escape(i, out);
      } else {
        out += s_[i++];
      }
    }
    if (i >= s_.size()) fail("a string does not end");
    move_to(i + 1);
    return out;
  }

  /// Python's escapes; `i` stands behind the backslash.
  void escape(std::size_t& i, std::string& out) const {
    static constexpr std::string_view kFrom = "\\'\"abfnrtv", kTo = "\\'\"\a\b\f\n\r\t\v";
    const char c = s_[i++];
    if (const auto at = kFrom.find(c); at != kFrom.npos) {
      out += kTo[at];
    } else if (c == 'x' || c == 'u' || c == 'U') {
      append_code(hex(i, c == 'x' ? 2 : c == 'u' ? 4 : 8), out);
    } else if (c >= '0' && c <= '7') {
      std::uint32_t code = static_cast<std::uint32_t>(c - '0');
      for (int n = 1; n < 3 && i < s_.size() && s_[i] >= '0' && s_[i] <= '7'; ++n) {
        code = code * 8 + static_cast<std::uint32_t>(s_[i++] - '0');
      }
      append_code(code, out);
    } else if (c == 'N') {
      fail("characters by name are not supported");
    } else if (c != '\n') {
      out += '\\';
      out += c;
    }
  }

  std::uint32_t hex(std::size_t& i, int digits) const {
    std::uint32_t code = 0;
    for (int n = 0; n < digits; ++n) {
      const char c = i < s_.size() ? s_[i++] : ' ';
      const int low = c | 0x20;
      if (!digit(c) && (low < 'a' || low > 'f')) fail("a malformed escape");
      code = code * 16 + static_cast<std::uint32_t>(digit(c) ? c - '0' : low - 'a' + 10);
    }
    return code;
  }

  static void append_code(std::uint32_t code, std::string& out) {
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) fail("an escape that is no character");
    append_utf8(out, code);
  }

  const std::string text_;
  const std::string_view s_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::vector<Piece> pieces_;
};

}  // namespace

std::vector<Piece> lex(std::string_view source) {
  Lexer lexer(source);
  try {
    return lexer.run();
  } catch (Failure& f) {
    if (f.line == 0) f.line = lexer.line();
    throw;
  }
}

}  // namespace weft::jinja
