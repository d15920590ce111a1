// Splits a template into text and tags, and tags into tokens. Whitespace control is applied here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::jinja {

struct Token {
  enum class Kind { kName, kString, kInteger, kFloat, kOperator, kEnd } kind = Kind::kEnd;
  std::string text;
  int line = 1, column = 1;  // where the token begins; columns count characters
};

struct Piece {
  enum class Kind { kText, kOutput, kStatement } kind = Kind::kText;
  std::string text;           // kText
  std::vector<Token> tokens;  // of a tag; the last one is kEnd
  int line = 1, column = 1;
};

/// Splits a template; throws Failure.
std::vector<Piece> lex(std::string_view source);

}  // namespace weft::jinja
