#include "core/text/jinja/lexer.hpp"

#include <algorithm>

#include "core/text/jinja/functions.hpp"
#include "core/text/unicode.hpp"

namespace weft::jinja {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) {  // any character outside of ASCII may be part of a name
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// Turns line ends into \n, and drops one at the very end of the source.
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

/// The length of the white space character that `s` begins with; 0: there is none.
std::size_t space_at(std::string_view s) {
  if (s.empty()) return 0;
  const Utf8Step step = utf8_step(s);
  return python_space(step.code) ? step.length : 0;
}

/// Where the white space at the end of `s` begins. `in_line`: line ends do not count as white space.
std::size_t space_before(std::string_view s, bool in_line) {
  std::size_t keep = s.size();
  while (keep > 0) {
    std::size_t last = keep - 1;
    while (last > 0 && (static_cast<unsigned char>(s[last]) & 0xC0) == 0x80) --last;
    if (space_at(s.substr(last)) == 0 || (in_line && s[last] == '\n')) break;
    keep = last;
  }
  return keep;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : text_(normal_lines(source)), s_(text_) {}

  std::vector<Piece> run() {
    while (at_ < s_.size()) {
      const std::size_t open = find_open(at_);
      std::string text(s_.substr(at_, open - at_));
      Piece piece = new_piece(Piece::Kind::kText);
      if (open == s_.size()) {
        add_text(std::move(piece), std::move(text));
        break;
      }
      const char kind = s_[open + 1];
      std::size_t inside = open + 2;
      const char sign = inside < s_.size() && (s_[inside] == '-' || s_[inside] == '+') ? s_[inside++] : ' ';
      trim_before(text, sign, kind != '{');
      add_text(std::move(piece), std::move(text));
      move_to(open);
      tag_line_ = line_, tag_column_ = column_;
      move_to(inside);
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
  int column() const { return column_; }

 private:
  Piece new_piece(Piece::Kind kind) const {
    Piece piece;
    piece.kind = kind;
    piece.line = line_, piece.column = column_;
    return piece;
  }
  void move_to(std::size_t to) {
    for (; at_ < to; ++at_) {
      if (s_[at_] == '\n') {
        ++line_;
        column_ = 1;
      } else if ((static_cast<unsigned char>(s_[at_]) & 0xC0) != 0x80) {
        ++column_;
      }
    }
  }
  [[noreturn]] void fail_at_tag(const char* message) const { throw Failure{message, tag_line_, tag_column_}; }
  bool next_is(std::string_view text) const { return s_.substr(at_, text.size()) == text; }
  static std::size_t after_space(std::string_view s, std::size_t at) {
    while (const std::size_t n = space_at(s.substr(at))) at += n;
    return at;
  }
  void skip_space() { move_to(after_space(s_, at_)); }

  std::size_t find_open(std::size_t from) const {
    for (std::size_t i = from; (i = s_.find('{', i)) != s_.npos && i + 1 < s_.size(); ++i) {
      if (s_[i + 1] == '{' || s_[i + 1] == '%' || s_[i + 1] == '#') return i;
    }
    return s_.size();
  }

  void add_text(Piece piece, std::string text) {
    if (text.empty()) return;
    piece.text = std::move(text);
    pieces_.push_back(std::move(piece));
  }

  /// Removes what a tag takes from the text before it: all white space (-), or the blanks from the beginning of the
  /// line.
  void trim_before(std::string& text, char sign, bool statement) const {
    if (sign == '-') return text.resize(space_before(text, false));
    if (sign == '+' || !statement) return;
    const std::size_t keep = space_before(text, true);
    if (keep > 0 ? text[keep - 1] == '\n' : line_begins_) text.resize(keep);
  }

  /// Takes "-%}" and the white space after it, "+%}", or "%}" and, if `trims`, one line end.
  bool take_close(std::string_view close, bool trims) {
    const char sign = at_ < s_.size() ? s_[at_] : ' ';
    const bool minus = sign == '-', plus = sign == '+' && trims;
    if (s_.substr(at_ + (minus || plus ? 1 : 0), close.size()) != close) return false;
    const std::size_t begin = at_;
    move_to(at_ + close.size() + (minus || plus ? 1 : 0));
    if (minus) {
      skip_space();
    } else if (!plus && trims && at_ < s_.size() && s_[at_] == '\n') {
      move_to(at_ + 1);
    }
    line_begins_ = at_ > begin && s_[at_ - 1] == '\n';
    return true;
  }

  void comment() {
    if (at_ == s_.size()) return;  // as in Jinja, a comment may begin at the very end of the source
    const std::size_t end = s_.find("#}", at_);
    if (end == s_.npos) fail_at_tag("a comment does not end");
    const bool signed_end = end > at_ && (s_[end - 1] == '-' || s_[end - 1] == '+');
    move_to(signed_end ? end - 1 : end);
    take_close("#}", true);
  }

  bool raw_begins() {
    std::size_t at = after_space(s_, at_);
    if (s_.substr(at, 3) != "raw") return false;
    at = after_space(s_, at + 3);
    const bool minus = at < s_.size() && s_[at] == '-';
    if (s_.substr(at + (minus ? 1 : 0), 2) != "%}") return false;
    move_to(at);
    return take_close("%}", false);
  }

  void raw() {
    const Piece piece = new_piece(Piece::Kind::kText);
    if (at_ == s_.size()) return;
    for (std::size_t open = at_; (open = s_.find("{%", open)) != s_.npos; open += 2) {
      std::size_t i = open + 2;
      const char sign = i < s_.size() && (s_[i] == '-' || s_[i] == '+') ? s_[i++] : ' ';
      i = after_space(s_, i);
      if (s_.substr(i, 6) != "endraw") continue;
      i = after_space(s_, i + 6);
      const std::size_t mark = i < s_.size() && (s_[i] == '-' || s_[i] == '+') ? 1 : 0;
      if (s_.substr(i + mark, 2) != "%}") continue;
      std::string text(s_.substr(at_, open - at_));
      trim_before(text, sign, true);
      add_text(piece, std::move(text));
      move_to(i);
      take_close("%}", true);
      return;
    }
    fail_at_tag("raw does not end");
  }

  void tag(char kind) {
    const std::string_view close = kind == '{' ? "}}" : "%}";
    Piece piece = new_piece(kind == '{' ? Piece::Kind::kOutput : Piece::Kind::kStatement);
    piece.line = tag_line_, piece.column = tag_column_;
    std::string brackets;  // brackets that are open: inside them a close mark does not count
    while (true) {
      skip_space();
      if (at_ >= s_.size()) fail_at_tag("a tag does not end");
      if (brackets.empty() && take_close(close, kind == '%')) break;
      const int line = line_, column = column_;
      token(piece.tokens, brackets);
      piece.tokens.back().line = line, piece.tokens.back().column = column;
    }
    Token end;
    end.line = line_, end.column = column_;
    piece.tokens.push_back(std::move(end));
    pieces_.push_back(std::move(piece));
  }

  void token(std::vector<Token>& out, std::string& brackets) {
    const char c = s_[at_];
    if (letter(c)) {
      std::size_t j = at_;
      while (j < s_.size() && (letter(s_[j]) || digit(s_[j])) && space_at(s_.substr(j)) == 0) ++j;
      if (j == at_) fail("unexpected character");
      std::string name(s_.substr(at_, j - at_));
      if (!is_identifier(name)) fail("'" + name + "' is not a name");
      add(out, Token::Kind::kName, std::move(name));
      move_to(j);
    } else if (digit(c)) {
      number(out, at_ > 0 && s_[at_ - 1] == '.');
    } else if (c == '\'' || c == '"') {
      add(out, Token::Kind::kString, string());
    } else {
      static constexpr std::string_view kOperators[] = {
          "==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=",
          "(", ")", "[", "]", "{", "}", ",", ".", ":", "|", ";"};
      const auto op =
          std::find_if(std::begin(kOperators), std::end(kOperators), [&](std::string_view o) { return next_is(o); });
      if (op == std::end(kOperators)) fail(std::string("unexpected character '") + c + "'");
      if (c == '(' || c == '[' || c == '{') brackets += c == '(' ? ')' : c == '[' ? ']' : '}';
      if (c == ')' || c == ']' || c == '}') {
        if (brackets.empty() || brackets.back() != c) fail(std::string("unexpected '") + c + "'");
        brackets.pop_back();
      }
      add(out, Token::Kind::kOperator, std::string(*op));
      move_to(at_ + op->size());
    }
  }

  static void add(std::vector<Token>& out, Token::Kind kind, std::string text) {
    Token token;
    token.kind = kind;
    token.text = std::move(text);
    out.push_back(std::move(token));
  }

  /// Takes digits, and drops single underscores between them.
  std::string digits(bool (*valid)(char)) {
    std::string out;
    while (at_ < s_.size()) {
      const bool gap = s_[at_] == '_' && at_ + 1 < s_.size() && valid(s_[at_ + 1]);
      if (!gap && !valid(s_[at_])) break;
      move_to(at_ + (gap ? 1 : 0));
      out += s_[at_];
      move_to(at_ + 1);
    }
    return out;
  }

  void number(std::vector<Token>& out, bool index) {
    const char next = at_ + 1 < s_.size() ? static_cast<char>(s_[at_ + 1] | 0x20) : ' ';
    const int base = s_[at_] != '0' ? 10 : next == 'x' ? 16 : next == 'o' ? 8 : next == 'b' ? 2 : 10;
    if (base != 10) {
      move_to(at_ + 2);
      if (at_ < s_.size() && s_[at_] == '_') move_to(at_ + 1);
      const auto valid = base == 16 ? +[](char c) { return digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }
                         : base == 8 ? +[](char c) { return c >= '0' && c <= '7'; }
                                     : +[](char c) { return c == '0' || c == '1'; };
      const std::string text = digits(valid);
      std::int64_t value = 0;
      if (text.empty() || !read_integer(text, base, value)) fail("a malformed number");
      return add(out, Token::Kind::kInteger, std::to_string(value));
    }
    const std::size_t begin = at_;
    std::string text = digits(digit);
    bool real = false;
    if (!index) {  // in a.0.1 the numbers are indices, not a fraction
      if (at_ + 1 < s_.size() && s_[at_] == '.' && digit(s_[at_ + 1])) {
        move_to(at_ + 1);
        text += '.' + digits(digit);
        real = true;
      }
      std::size_t e = at_ + 1;
      if (e < s_.size() && (s_[e] == '+' || s_[e] == '-')) ++e;
      if (e < s_.size() && (s_[at_] | 0x20) == 'e' && digit(s_[e])) {
        text += std::string(s_.substr(at_, e - at_));
        move_to(e);
        text += digits(digit);
        real = true;
      }
    }
    if (!real && s_[begin] == '0' && text.find_first_not_of('0') != text.npos) fail("a number with leading zeros");
    std::int64_t whole = 0;
    double value = 0;
    if (real ? !read_float(text, value) : !read_integer(text, 10, whole)) fail("a malformed number");
    add(out, real ? Token::Kind::kFloat : Token::Kind::kInteger, std::move(text));
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

  /// Takes one of Python's escapes; `i` is behind the backslash.
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
    } else if (c != '\n') {  // other escapes stay as they are written
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
  int line_ = 1, column_ = 1;
  int tag_line_ = 1, tag_column_ = 1;
  bool line_begins_ = true;  // the part taken last ended a line
  std::vector<Piece> pieces_;
};

}  // namespace

std::vector<Piece> lex(std::string_view source) {
  Lexer lexer(source);
  if (valid_utf8(source) != source) fail("the template is not UTF-8");
  try {
    return lexer.run();
  } catch (Failure& f) {
    if (f.line == 0) f.line = lexer.line(), f.column = lexer.column();
    throw;
  }
}

}  // namespace weft::jinja
