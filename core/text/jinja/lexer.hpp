// Splits a template into text and tags, and tags into tokens, with whitespace control applied.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::jinja {

struct Token {
  enum class Kind { kName, kString, kInteger, kFloat, kOperator, kEnd } kind = Kind::kEnd;
  std::string text;
  int line = 1, column = 1;  // where it begins; columns count characters
};

struct Piece {
  enum class Kind { kText, kOutput, kStatement } kind = Kind::kText;
  std::string text;           // kText
  std::vector<Token> tokens;  // of a tag, with kEnd last
  int line = 1, column = 1;
};

/// Throws Failure.
std::vector<Piece> lex(std::string_view source);

}  // namespace weft::jinja
