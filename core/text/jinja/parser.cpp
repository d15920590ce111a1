#include <set>

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/lexer.hpp"

namespace weft::jinja {
namespace {

constexpr int kMaxDepth = 120;

class Parser {
 public:
  explicit Parser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  NodePtr parse() {
    NodePtr root = make(Type::kBlock);
    std::string end = block(root->body, {});
    if (!end.empty()) fail("unexpected {% " + end + " %}");
    return root;
  }
  int line() const { return line_; }

 private:
  using Kind = Token::Kind;
  struct Deeper {
    Parser& p;
    explicit Deeper(Parser& parser) : p(parser) {
      if (++p.depth_ > kMaxDepth) fail("the template nests too deep");
    }
    ~Deeper() { --p.depth_; }
  };

  NodePtr make(Type type) {
    auto n = std::make_unique<Node>();
    n->type = type;
    n->line = line_;
    return n;
  }

  // --- tokens of the current tag -----------------------------------------------------------
  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(token_ + ahead, tokens_.size() - 1)];
  }
  bool is(std::string_view text, std::size_t ahead = 0) const {
    return peek(ahead).kind != Kind::kString && peek(ahead).kind != Kind::kEnd && peek(ahead).text == text;
  }
  bool take(std::string_view text) {
    if (!is(text)) return false;
    ++token_;
    return true;
  }
  void expect(std::string_view text) {
    if (!take(text)) fail("expected '" + std::string(text) + "', got '" + peek().text + "'");
  }
  std::string name() {
    if (peek().kind != Kind::kName) fail("expected a name, got '" + peek().text + "'");
    return tokens_[token_++].text;
  }
  void finish() {
    if (peek().kind != Kind::kEnd) fail("unexpected '" + peek().text + "'");
  }

  // --- statements ---------------------------------------------------------------------------
  /// Parses until a statement of `ends`; returns it, its tokens at hand; "" at the end of the text.
  std::string block(std::vector<NodePtr>& out, const std::set<std::string>& ends) {
    Deeper guard(*this);
    while (at_ < pieces_.size()) {
      Piece& piece = pieces_[at_++];
      line_ = piece.line;
      if (piece.kind == Piece::Kind::kText) {
        NodePtr n = make(Type::kText);
        n->name = std::move(piece.text);
        out.push_back(std::move(n));
        continue;
      }
      tokens_ = std::move(piece.tokens);
      token_ = 0;
      if (piece.kind == Piece::Kind::kOutput) {
        NodePtr n = make(Type::kOutput);
        n->args.push_back(expression());
        finish();
        out.push_back(std::move(n));
        continue;
      }
      const std::string keyword = name();
      if (ends.count(keyword)) return keyword;
      statement(keyword, out);
    }
    return "";
  }

  void end_of(const std::string& got, const std::string& wanted) {
    if (got != wanted) fail("{% " + wanted + " %} is missing");
  }

  void statement(const std::string& keyword, std::vector<NodePtr>& out) {
    if (keyword == "if") return if_statement(out);
    if (keyword == "for") return for_statement(out);
    if (keyword == "set") return set_statement(out);
    if (keyword == "macro") return macro_statement(out);
    if (keyword == "generation") {
      finish();
      NodePtr n = make(Type::kBlock);
      end_of(block(n->body, {"endgeneration"}), "endgeneration");
      finish();
      out.push_back(std::move(n));
      return;
    }
    if (keyword == "break" || keyword == "continue") {
      finish();
      out.push_back(make(keyword == "break" ? Type::kBreak : Type::kContinue));
      return;
    }
    fail("unknown statement {% " + keyword + " %}");
  }

  void if_statement(std::vector<NodePtr>& out) {
    NodePtr n = make(Type::kIf);
    n->args.push_back(expression());
    finish();
    const std::string end = block(n->body, {"elif", "else", "endif"});
    if (end == "elif") {
      Deeper guard(*this);
      if_statement(n->other);
      out.push_back(std::move(n));
      return;
    }
    finish();
    if (end == "else") {
      end_of(block(n->other, {"endif"}), "endif");
      finish();
    } else {
      end_of(end, "endif");
    }
    out.push_back(std::move(n));
  }

  void for_statement(std::vector<NodePtr>& out) {
    NodePtr n = make(Type::kFor);
    n->targets = target_list();
    expect("in");
    n->args.push_back(or_expression());
    if (take("if")) n->args.push_back(expression());
    if (take("recursive")) fail("recursive loops are not supported");
    finish();
    std::string end = block(n->body, {"else", "endfor"});
    finish();
    if (end == "else") {
      end = block(n->other, {"endfor"});
      finish();
    }
    end_of(end, "endfor");
    out.push_back(std::move(n));
  }

  std::vector<std::string> target_list() {
    std::vector<std::string> targets;
    const bool bracket = take("(");
    do {
      targets.push_back(name());
    } while (take(","));
    if (bracket) expect(")");
    return targets;
  }

  void set_statement(std::vector<NodePtr>& out) {
    NodePtr n = make(Type::kSet);
    n->targets = target_list();
    if (n->targets.size() == 1 && take(".")) n->name = name();  // an attribute of a namespace
    if (take("=")) {
      n->args.push_back(tuple());
      finish();
    } else {
      n->type = Type::kSetBlock;
      finish();
      end_of(block(n->body, {"endset"}), "endset");
      finish();
    }
    out.push_back(std::move(n));
  }

  void macro_statement(std::vector<NodePtr>& out) {
    NodePtr n = make(Type::kMacro);
    n->name = name();
    expect("(");
    while (!take(")")) {
      std::string parameter = name();
      n->named.emplace_back(std::move(parameter), take("=") ? expression() : nullptr);
      if (!is(")")) expect(",");
    }
    finish();
    end_of(block(n->body, {"endmacro"}), "endmacro");
    finish();
    out.push_back(std::move(n));
  }

  // --- expressions, loosest first --------------------------------------------------------------
  NodePtr tuple() {
    NodePtr first = expression();
    if (!is(",")) return first;
    NodePtr list = make(Type::kList);
    list->args.push_back(std::move(first));
    while (take(",")) {
      if (peek().kind == Kind::kEnd) break;
      list->args.push_back(expression());
    }
    return list;
  }

  NodePtr expression() {
    Deeper guard(*this);
    NodePtr value = or_expression();
    while (take("if")) {
      NodePtr n = make(Type::kCondition);
      n->args.push_back(or_expression());
      n->args.push_back(std::move(value));
      if (take("else")) n->args.push_back(expression());
      value = std::move(n);
    }
    return value;
  }

  NodePtr or_expression() {
    NodePtr left = and_expression();
    while (take("or")) left = join(Type::kOr, "or", std::move(left), and_expression());
    return left;
  }
  NodePtr and_expression() {
    NodePtr left = not_expression();
    while (take("and")) left = join(Type::kAnd, "and", std::move(left), not_expression());
    return left;
  }
  NodePtr not_expression() {
    Deeper guard(*this);
    if (take("not")) {
      NodePtr n = make(Type::kUnary);
      n->name = "not";
      n->args.push_back(not_expression());
      return n;
    }
    return comparison();
  }
  NodePtr comparison() {
    NodePtr left = additive();
    while (true) {
      std::string op;
      for (const char* candidate : {"==", "!=", "<=", ">=", "<", ">", "in"}) {
        if (is(candidate)) op = candidate;
      }
      if (op.empty() && is("not") && is("in", 1)) op = "not in", ++token_;
      if (op.empty()) return left;
      ++token_;
      left = join(Type::kBinary, op, std::move(left), additive());
    }
  }
  NodePtr additive() {
    NodePtr left = multiplicative();
    while (is("+") || is("-") || is("~")) {
      const std::string op = tokens_[token_++].text;
      left = join(Type::kBinary, op, std::move(left), multiplicative());
    }
    return left;
  }
  NodePtr multiplicative() {
    NodePtr left = unary();
    while (is("*") || is("/") || is("//") || is("%")) {
      const std::string op = tokens_[token_++].text;
      left = join(Type::kBinary, op, std::move(left), unary());
    }
    return left;
  }
  NodePtr unary() {
    Deeper guard(*this);
    if (is("-") || is("+")) {
      NodePtr n = make(Type::kUnary);
      n->name = tokens_[token_++].text;
      n->args.push_back(unary());
      return n;
    }
    NodePtr value = postfix(primary());
    if (take("**")) value = join(Type::kBinary, "**", std::move(value), unary());
    return filters_and_tests(std::move(value));
  }

  NodePtr join(Type type, std::string op, NodePtr a, NodePtr b) {
    if (++chain_ > 100000) fail("an expression is too long");
    NodePtr n = make(type);
    n->name = std::move(op);
    n->args.push_back(std::move(a));
    n->args.push_back(std::move(b));
    return n;
  }

  NodePtr filters_and_tests(NodePtr value) {
    while (true) {
      if (take("|")) {
        NodePtr n = make(Type::kFilter);
        n->name = name();
        n->args.push_back(std::move(value));
        if (is("(")) arguments(*n);
        value = postfix(std::move(n));
      } else if (take("is")) {
        NodePtr n = make(Type::kTest);
        n->negated = take("not");
        n->name = peek().kind == Kind::kName ? name() : fail_token();
        n->args.push_back(std::move(value));
        if (is("(")) arguments(*n);
        else if (peek().kind == Kind::kString || peek().kind == Kind::kInteger) n->args.push_back(primary());
        value = std::move(n);
      } else {
        return value;
      }
    }
  }
  [[noreturn]] std::string fail_token() { fail("unexpected '" + peek().text + "'"); }

  NodePtr postfix(NodePtr value) {
    while (true) {
      if (take(".")) {
        NodePtr n = make(Type::kAttribute);
        n->name = peek().kind == Kind::kInteger ? tokens_[token_++].text : name();
        n->args.push_back(std::move(value));
        value = std::move(n);
      } else if (take("[")) {
        value = subscript(std::move(value));
      } else if (is("(")) {
        NodePtr n = make(Type::kCall);
        n->args.push_back(std::move(value));
        arguments(*n);
        value = std::move(n);
      } else {
        return value;
      }
      if (++chain_ > 100000) fail("an expression is too long");
    }
  }

  NodePtr subscript(NodePtr value) {
    NodePtr parts[3];
    int n = 0;
    bool slice = false;
    while (!take("]")) {
      if (take(":")) {
        slice = true;
        if (++n > 2) fail("a slice has at most three parts");
      } else {
        parts[n] = expression();
      }
    }
    NodePtr node = make(slice ? Type::kSlice : Type::kItem);
    node->args.push_back(std::move(value));
    if (!slice && !parts[0]) fail("an empty subscript");
    for (int i = 0; i < (slice ? 3 : 1); ++i) node->args.push_back(std::move(parts[i]));
    return node;
  }

  void arguments(Node& n) {
    expect("(");
    while (!take(")")) {
      if (peek().kind == Kind::kName && is("=", 1)) {
        std::string key = name();
        expect("=");
        n.named.emplace_back(std::move(key), expression());
      } else {
        n.args.push_back(expression());
      }
      if (!is(")")) expect(",");
    }
  }

  NodePtr literal(Json value) {
    NodePtr n = make(Type::kLiteral);
    n->literal = Value(std::move(value));
    return n;
  }

  NodePtr primary() {
    const Token t = peek();
    if (t.kind == Kind::kEnd) fail("the expression ends too early");
    ++token_;
    switch (t.kind) {
      case Kind::kString: {
        std::string text = t.text;
        while (peek().kind == Kind::kString) text += tokens_[token_++].text;
        return literal(Json(text));
      }
      case Kind::kInteger: return literal(Json(static_cast<int64_t>(std::stoll(t.text))));
      case Kind::kFloat: return literal(Json(std::stod(t.text)));
      case Kind::kName: {
        if (t.text == "true" || t.text == "True") return literal(Json(true));
        if (t.text == "false" || t.text == "False") return literal(Json(false));
        if (t.text == "none" || t.text == "None") return literal(Json(nullptr));
        NodePtr n = make(Type::kName);
        n->name = t.text;
        return n;
      }
      default: break;
    }
    if (t.text == "(") {
      if (take(")")) return make(Type::kList);
      NodePtr inner = tuple_until(")");
      return inner;
    }
    if (t.text == "[") {
      NodePtr n = make(Type::kList);
      while (!take("]")) {
        n->args.push_back(expression());
        if (!is("]")) expect(",");
      }
      return n;
    }
    if (t.text == "{") {
      NodePtr n = make(Type::kDict);
      while (!take("}")) {
        n->args.push_back(expression());
        expect(":");
        n->args.push_back(expression());
        if (!is("}")) expect(",");
      }
      return n;
    }
    fail("unexpected '" + t.text + "'");
  }
  NodePtr tuple_until(std::string_view close) {
    NodePtr first = expression();
    if (take(close)) return first;
    NodePtr list = make(Type::kList);
    list->args.push_back(std::move(first));
    while (!take(close)) {
      expect(",");
      if (!is(close)) list->args.push_back(expression());
    }
    return list;
  }

  std::vector<Piece> pieces_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  std::size_t token_ = 0;
  int line_ = 1, depth_ = 0, chain_ = 0;
};

}  // namespace

NodePtr parse(std::string_view source) {
  Parser parser(lex(source));
  try {
    return parser.parse();
  } catch (Failure& f) {
    if (f.line == 0) f.line = parser.line();
    throw;
  }
}

}  // namespace weft::jinja
