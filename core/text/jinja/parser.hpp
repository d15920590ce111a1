// The parser, internal to parse(). Statements are in parser.cpp, expressions in parser_expressions.cpp.
#pragma once

#include <initializer_list>
#include <map>

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/functions.hpp"
#include "core/text/jinja/lexer.hpp"

namespace weft::jinja {

constexpr int kMaxDepth = 120;  // nested statements, parentheses and expressions; larger: a small stack overflows

class Parser {
 public:
  explicit Parser(std::vector<Piece> pieces);
  Program parse();
  /// The place in the source that the parser has reached.
  int line() const;
  int column() const;

 private:
  using Kind = Token::Kind;
  struct Deeper;
  using Ends = std::initializer_list<std::string_view>;

  NodePtr make(Type type) const;
  NodePtr make(Type type, const Node& at) const;  // at the place of another node
  Id id_of(const std::string& name);

  // --- tokens of the current tag
  const Token& peek(std::size_t ahead = 0) const;
  bool is(std::string_view text, std::size_t ahead = 0) const;
  bool take(std::string_view text);
  void expect(std::string_view text);
  std::string name();
  void finish();

  // --- statements
  std::string block(std::vector<NodePtr>& out, Ends ends);
  void body(std::vector<NodePtr>& out, std::string_view end);
  void own_body(std::vector<NodePtr>& out, std::string_view end);
  NodePtr statement(const std::string& keyword);
  NodePtr if_statement();
  NodePtr for_statement();
  NodePtr set_statement();
  NodePtr macro_statement();
  NodePtr call_statement();
  NodePtr with_statement();
  NodePtr filter_statement();
  NodePtr block_statement();
  NodePtr print_statement();
  NodePtr autoescape_statement();
  NodePtr refused_statement(const std::string& keyword);
  Target target(bool attributes);
  Target targets(bool attributes);
  Id target_name();
  void parameters(Node& n);
  void macro_body(Node& n, std::string_view end);

  // --- expressions, the operators that bind least come first
  void adopt(Node& n, NodePtr child);
  template <class... Children>
  NodePtr join(Type type, Children... children) {
    NodePtr n = make(type);
    (adopt(*n, std::move(children)), ...);
    return n;
  }
  NodePtr tuple(bool conditions, bool explicit_parentheses = false);
  bool tuple_ends(bool conditions) const;
  NodePtr expression();
  NodePtr or_expression();
  NodePtr and_expression();
  NodePtr not_expression();
  NodePtr comparison();
  NodePtr additive();
  NodePtr concatenation();
  NodePtr multiplicative();
  NodePtr power();
  NodePtr unary(bool filters);
  NodePtr arithmetic(Operator op, NodePtr left, NodePtr right, const Token& at);
  NodePtr postfix(NodePtr value);
  NodePtr postfix_filters(NodePtr value);
  NodePtr filter(NodePtr value);
  NodePtr test(NodePtr value);
  NodePtr subscript(NodePtr value);
  NodePtr subscript_part();
  NodePtr call(NodePtr value);
  void arguments(Node& n);
  NodePtr literal(Value value) const;
  NodePtr primary();
  NodePtr list();
  NodePtr dict();
  std::string dotted_name();
  void know(Node& n, const Function* function, const char* what);

  std::vector<Piece> pieces_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  std::size_t token_ = 0;
  std::map<std::string, Id, std::less<>> ids_;
  std::map<std::string, bool> blocks_;
  std::vector<std::string> names_;
  std::vector<Failure> unknown_;  // filters and tests without a function
  int depth_ = 0, loops_ = 0, fors_ = 0;
  bool soft_ = false;  // inside of an if: an unknown filter or test fails when it runs, not when it is parsed
  bool caller_ = false, varargs_ = false, kwargs_ = false;  // which of them the macro being parsed mentions
};

}  // namespace weft::jinja
