#include "core/text/jinja/lexer.hpp"

#include <algorithm>

#include "core/text/jinja/value.hpp"

namespace weft::jinja {
namespace {

bool space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

std::string read_string(std::string_view s, std::size_t& i) {
  const char quote = s[i++];
  std::string out;
  while (i < s.size() && s[i] != quote) {
    char c = s[i++];
    if (c == '\\' && i < s.size()) {
      c = s[i++];
      switch (c) {
        case 'n': out += '\n'; continue;
        case 't': out += '\t'; continue;
        case 'r': out += '\r'; continue;
        case '\\': case '\'': case '"': out += c; continue;
        case 'u': {
          if (s.size() - i < 4) fail("a \\u escape is cut off");
          const unsigned long u = std::stoul("0" + std::string(s.substr(i, 4)), nullptr, 16);
          i += 4;
          out += u < 0x80 ? std::string(1, static_cast<char>(u)) : u < 0x800
              ? std::string{static_cast<char>(0xc0 | u >> 6), static_cast<char>(0x80 | (u & 63))}
              : std::string{static_cast<char>(0xe0 | u >> 12), static_cast<char>(0x80 | (u >> 6 & 63)), static_cast<char>(0x80 | (u & 63))};
          continue;
        }
        default: out += '\\';
      }
    }
    out += c;
  }
  if (i >= s.size()) fail("a string does not end");
  ++i;
  return out;
}

std::vector<Token> tokens_of(std::string_view s) {
  static const std::string_view kOperators[] = {"==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=",
                                                "(", ")", "[", "]", "{", "}", ",", ".", ":", "|"};
  std::vector<Token> out;
  for (std::size_t i = 0; i < s.size();) {
    if (space(s[i])) {
      ++i;
    } else if (letter(s[i])) {
      std::size_t j = i;
      while (j < s.size() && (letter(s[j]) || digit(s[j]))) ++j;
      out.push_back({Token::Kind::kName, std::string(s.substr(i, j - i))});
      i = j;
    } else if (digit(s[i])) {
      std::size_t j = i;
      while (j < s.size() && digit(s[j])) ++j;
      const bool fraction = j + 1 < s.size() && s[j] == '.' && digit(s[j + 1]);
      if (fraction) {
        ++j;
        while (j < s.size() && digit(s[j])) ++j;
      }
      if (j - i > 18) fail("a number is too long");
      out.push_back({fraction ? Token::Kind::kFloat : Token::Kind::kInteger, std::string(s.substr(i, j - i))});
      i = j;
    } else if (s[i] == '\'' || s[i] == '"') {
      out.push_back({Token::Kind::kString, read_string(s, i)});
    } else {
      auto op = std::find_if(std::begin(kOperators), std::end(kOperators), [&](std::string_view o) { return s.substr(i, o.size()) == o; });
      if (op == std::end(kOperators)) fail(std::string("unexpected character '") + s[i] + "'");
      out.push_back({Token::Kind::kOperator, std::string(*op)});
      i += op->size();
    }
  }
  out.push_back({});
  return out;
}

/// Where the tag that begins at `from` closes; strings may hold the closing mark.
std::size_t find_close(std::string_view s, std::size_t from, std::string_view close) {
  for (std::size_t i = from; i < s.size(); ++i) {
    if (s.substr(i, close.size()) == close) return i;
    if (close != "#}" && (s[i] == '\'' || s[i] == '"')) {
      const char quote = s[i++];
      while (i < s.size() && s[i] != quote) i += s[i] == '\\' ? 2 : 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<Piece> lex(std::string_view source) {
  std::string normal(source);  // as Jinja: \r\n is \n, one newline at the very end is dropped
  for (std::size_t i = 0; (i = normal.find("\r\n", i)) != std::string::npos;) normal.erase(i, 1);
  if (!normal.empty() && normal.back() == '\n') normal.pop_back();
  const std::string_view s = normal;
  std::vector<Piece> pieces;
  std::size_t at = 0;
  int line = 1;
  bool strip_next = false;
  auto add_text = [&](std::string text, int from_line) {
    if (!text.empty()) pieces.push_back({Piece::Kind::kText, from_line, std::move(text), {}});
  };
  while (at < s.size()) {
    std::size_t open = at;
    while ((open = s.find('{', open)) != std::string_view::npos && open + 1 < s.size() && s[open + 1] != '{' && s[open + 1] != '%' && s[open + 1] != '#') ++open;
    if (open == std::string_view::npos || open + 1 >= s.size()) open = s.size();
    std::string text(s.substr(at, open - at));
    if (strip_next) text.erase(0, std::min(text.size(), static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), space) - text.begin())));
    strip_next = false;
    const int text_line = line;
    line += static_cast<int>(std::count(s.begin() + static_cast<std::ptrdiff_t>(at), s.begin() + static_cast<std::ptrdiff_t>(open), '\n'));
    if (open == s.size()) {
      add_text(std::move(text), text_line);
      break;
    }
    const char kind = s[open + 1];
    const std::string close = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
    std::size_t begin = open + 2;
    const bool minus = begin < s.size() && s[begin] == '-', plus = begin < s.size() && s[begin] == '+';
    if (minus || plus) ++begin;
    if (minus) {
      while (!text.empty() && space(text.back())) text.pop_back();
    } else if (!plus && kind != '{') {  // lstrip_blocks: blanks between the line's begin and the tag
      std::size_t keep = text.size();
      while (keep > 0 && (text[keep - 1] == ' ' || text[keep - 1] == '\t')) --keep;
      const bool at_line = keep > 0 ? text[keep - 1] == '\n' : at == 0 || s[at - 1] == '\n';
      if (at_line) text.resize(keep);
    }
    add_text(std::move(text), text_line);
    std::size_t end = find_close(s, begin, close);
    if (end == std::string_view::npos) throw Failure{"a tag does not end", line};
    std::string_view inner = s.substr(begin, end - begin);
    const int tag_line = line;
    line += static_cast<int>(std::count(inner.begin(), inner.end(), '\n'));
    if (!inner.empty() && inner.back() == '-') strip_next = true, inner.remove_suffix(1);
    else if (!inner.empty() && inner.back() == '+' && kind == '%') inner.remove_suffix(1);
    at = end + 2;
    if (kind != '{' && at < s.size() && s[at] == '\n' && !strip_next) ++at, ++line;  // trim_blocks
    if (kind == '#') continue;
    try {
      pieces.push_back({kind == '{' ? Piece::Kind::kOutput : Piece::Kind::kStatement, tag_line, "", tokens_of(inner)});
    } catch (Failure& f) {
      throw Failure{f.message, tag_line};
    }
    const auto& tokens = pieces.back().tokens;
    if (kind == '%' && tokens[0].text == "raw" && tokens.size() == 2) {
      pieces.pop_back();
      std::size_t stop = s.find("{%", at);
      while (stop != std::string_view::npos) {
        const std::size_t e = s.find("%}", stop);
        if (e == std::string_view::npos) break;
        if (s.substr(stop, e - stop).find("endraw") != std::string_view::npos) {
          add_text(std::string(s.substr(at, stop - at)), line);
          at = e + 2;
          break;
        }
        stop = s.find("{%", stop + 2);
      }
      if (stop == std::string_view::npos) throw Failure{"raw does not end", tag_line};
    }
  }
  return pieces;
}

}  // namespace weft::jinja
