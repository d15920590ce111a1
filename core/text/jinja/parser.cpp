#include <algorithm>
#include <set>

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/lexer.hpp"

namespace weft::jinja {
namespace {

constexpr int kMaxDepth = 120;    // of the parser
constexpr int kMaxHeight = 400;   // of an expression's tree

class Parser {
 public:
  explicit Parser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  NodePtr parse() {
    NodePtr root = make(Type::kBlock);
    const std::string end = block(root->body, {});
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

  NodePtr make(Type type, std::string name = "") {
    auto n = std::make_unique<Node>();
    n->type = type;
    n->name = std::move(name);
    n->line = line_;
    return n;
  }

  // --- tokens of the current tag -----------------------------------------------------------
  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(token_ + ahead, tokens_.size() - 1)]; }
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
        out.push_back(make(Type::kText, std::move(piece.text)));
        continue;
      }
      tokens_ = std::move(piece.tokens);
      token_ = 0;
      if (piece.kind == Piece::Kind::kOutput) {
        if (peek().kind == Kind::kEnd) fail("an empty tag");
        NodePtr n = make(Type::kOutput);
        adopt(*n, tuple(true));
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

  /// The statements up to {% end %}, which is taken.
  void body(std::vector<NodePtr>& out, const std::string& end) {
    if (block(out, {end}) != end) fail("{% " + end + " %} is missing");
    finish();
  }

  void statement(const std::string& keyword, std::vector<NodePtr>& out) {
    NodePtr n;
    if (keyword == "if") n = if_statement();
    else if (keyword == "for") n = for_statement();
    else if (keyword == "set") n = set_statement();
    else if (keyword == "macro") n = macro_statement();
    else if (keyword == "call") n = call_statement();
    else if (keyword == "with") n = with_statement();
    else if (keyword == "filter") n = filter_statement();
    else if (keyword == "generation") {
      finish();
      n = make(Type::kWith);
      body(n->body, "endgeneration");
    } else if (keyword == "break" || keyword == "continue") {
      if (loops_ == 0) fail("{% " + keyword + " %} outside a loop");
      finish();
      n = make(keyword == "break" ? Type::kBreak : Type::kContinue);
    } else {
      fail("unknown statement {% " + keyword + " %}");
    }
    out.push_back(std::move(n));
  }

  NodePtr if_statement() {
    NodePtr n = make(Type::kIf);
    std::string end = "elif";
    while (end == "elif") {
      adopt(*n, tuple(false));
      finish();
      NodePtr branch = make(Type::kBlock);
      end = block(branch->body, {"elif", "else", "endif"});
      n->body.push_back(std::move(branch));
    }
    if (end.empty()) fail("{% endif %} is missing");
    finish();
    if (end == "else") body(n->other, "endif");
    return n;
  }

  NodePtr for_statement() {
    NodePtr n = make(Type::kFor);
    n->targets.push_back(targets());
    expect("in");
    adopt(*n, tuple(false));
    if (take("if")) adopt(*n, expression());
    n->flag = take("recursive");
    finish();
    ++loops_;
    const std::string end = block(n->body, {"else", "endfor"});
    --loops_;
    if (end.empty()) fail("{% endfor %} is missing");
    finish();
    if (end == "else") body(n->other, "endfor");
    return n;
  }

  Target target() {
    Deeper guard(*this);
    Target t;
    if (take("(")) {
      t = targets();
      expect(")");
      return t;
    }
    t.name = name();
    if (t.name == "true" || t.name == "false" || t.name == "none" || t.name == "True" || t.name == "False" || t.name == "None") {
      fail("cannot assign to " + t.name);
    }
    if (take(".")) t.attribute = name();
    return t;
  }
  Target targets() {
    Target first = target();
    if (!is(",")) return first;
    Target all;
    all.parts.push_back(std::move(first));
    while (take(",")) {
      if (peek().kind != Kind::kName && !is("(")) break;
      if (is("in")) break;
      all.parts.push_back(target());
    }
    return all;
  }

  NodePtr set_statement() {
    NodePtr n = make(Type::kSet);
    n->targets.push_back(targets());
    if (take("=")) {
      adopt(*n, tuple(true));
      finish();
      return n;
    }
    n->type = Type::kSetBlock;
    NodePtr filters = make(Type::kName);  // stands for the text of the block
    if (is("|")) filters = postfix_filters(std::move(filters));
    adopt(*n, std::move(filters));
    finish();
    const int loops = std::exchange(loops_, 0);
    body(n->body, "endset");
    loops_ = loops;
    return n;
  }

  void parameters(Node& n) {
    expect("(");
    while (!take(")")) {
      std::string parameter = name();
      NodePtr fallback = take("=") ? expression() : nullptr;
      if (!fallback && !n.named.empty() && n.named.back().second) fail("a parameter without a default follows one with it");
      n.named.emplace_back(std::move(parameter), std::move(fallback));
      if (!is(")")) expect(",");
    }
  }

  NodePtr macro_statement() {
    NodePtr n = make(Type::kMacro, name());
    parameters(*n);
    finish();
    macro_body(*n, "endmacro");
    return n;
  }

  /// Whether it takes more than it names is known when its names have been seen.
  void macro_body(Node& n, const std::string& end) {
    const int loops = std::exchange(loops_, 0);
    const bool outer = std::exchange(takes_more_, false);
    body(n.body, end);
    n.flag = takes_more_;
    takes_more_ = outer;
    loops_ = loops;
  }

  NodePtr call_statement() {
    NodePtr n = make(Type::kCallBlock, "caller");
    if (is("(")) parameters(*n);
    adopt(*n, expression());
    if (n->args[0]->type != Type::kCall) fail("{% call %} wants a call");
    finish();
    macro_body(*n, "endcall");
    return n;
  }

  NodePtr with_statement() {
    NodePtr n = make(Type::kWith);
    while (peek().kind != Kind::kEnd) {
      std::string variable = name();
      expect("=");
      n->named.emplace_back(std::move(variable), expression());
      if (peek().kind != Kind::kEnd) expect(",");
    }
    body(n->body, "endwith");
    return n;
  }

  NodePtr filter_statement() {
    NodePtr n = make(Type::kFilterBlock);
    tokens_.insert(tokens_.begin() + static_cast<std::ptrdiff_t>(token_), Token{Kind::kOperator, "|"});
    adopt(*n, postfix_filters(make(Type::kName)));
    finish();
    const int loops = std::exchange(loops_, 0);
    body(n->body, "endfilter");
    loops_ = loops;
    return n;
  }

  // --- expressions, loosest first --------------------------------------------------------------
  /// Takes `child` as an operand.
  void adopt(Node& n, NodePtr child) {
    n.height = std::max(n.height, child->height + 1);
    if (n.height > kMaxHeight) fail("an expression nests too deep");
    n.args.push_back(std::move(child));
  }
  template <class... Children>
  NodePtr join(Type type, std::string name, Children... children) {
    NodePtr n = make(type, std::move(name));
    (adopt(*n, std::move(children)), ...);
    return n;
  }

  /// One expression, or several between commas; `conditions`: they may hold a bare if.
  NodePtr tuple(bool conditions) {
    NodePtr first = conditions ? expression() : or_expression();
    if (!is(",")) return first;
    NodePtr list = join(Type::kTuple, "", std::move(first));
    while (take(",")) {
      if (peek().kind == Kind::kEnd || is("=") || is(")") || is("recursive") || is("if")) break;
      adopt(*list, conditions ? expression() : or_expression());
    }
    return list;
  }

  NodePtr expression() {
    Deeper guard(*this);
    NodePtr value = or_expression();
    while (take("if")) {
      NodePtr n = join(Type::kCondition, "", or_expression(), std::move(value));
      if (take("else")) adopt(*n, expression());
      value = std::move(n);
    }
    return value;
  }

  NodePtr or_expression() {
    NodePtr left = and_expression();
    while (take("or")) {
      NodePtr right = and_expression();
      left = join(Type::kOr, "or", std::move(left), std::move(right));
    }
    return left;
  }
  NodePtr and_expression() {
    NodePtr left = not_expression();
    while (take("and")) {
      NodePtr right = not_expression();
      left = join(Type::kAnd, "and", std::move(left), std::move(right));
    }
    return left;
  }
  NodePtr not_expression() {
    Deeper guard(*this);
    if (take("not")) return join(Type::kUnary, "not", not_expression());
    return comparison();
  }
  NodePtr comparison() {
    NodePtr first = additive();
    NodePtr all;
    while (true) {
      std::string op;
      for (const char* candidate : {"==", "!=", "<=", ">=", "<", ">", "in"}) {
        if (is(candidate)) op = candidate;
      }
      if (op.empty() && is("not") && is("in", 1)) op = "not in", ++token_;
      if (op.empty()) return all ? std::move(all) : std::move(first);
      ++token_;
      if (!all) all = join(Type::kCompare, "", std::move(first));
      all->operators.push_back(op);
      adopt(*all, additive());
    }
  }
  NodePtr additive() { return chain({"+", "-"}, &Parser::concatenation); }
  NodePtr concatenation() { return chain({"~"}, &Parser::multiplicative); }
  NodePtr multiplicative() { return chain({"*", "/", "//", "%"}, &Parser::power); }
  NodePtr power() {
    return chain({"**"}, &Parser::filtered);
  }
  NodePtr filtered() { return unary(true); }

  NodePtr chain(std::initializer_list<const char*> operators, NodePtr (Parser::*operand)()) {
    NodePtr left = (this->*operand)();
    while (true) {
      const auto op = std::find_if(operators.begin(), operators.end(), [&](const char* o) { return is(o); });
      if (op == operators.end()) return left;
      ++token_;
      NodePtr right = (this->*operand)();
      left = join(Type::kBinary, *op, std::move(left), std::move(right));
    }
  }

  NodePtr unary(bool filters) {
    Deeper guard(*this);
    NodePtr value;
    if (is("-") || is("+")) {
      const std::string op = tokens_[token_++].text;
      value = join(Type::kUnary, op, unary(false));
    } else {
      value = primary();
    }
    value = postfix(std::move(value));
    return filters ? postfix_filters(std::move(value)) : std::move(value);
  }

  NodePtr postfix_filters(NodePtr value) {
    while (true) {
      if (take("|")) {
        std::string filter = name();
        while (take(".")) filter += "." + name();
        value = join(Type::kFilter, std::move(filter), std::move(value));
        if (is("(")) arguments(*value);
      } else if (take("is")) {
        value = test(std::move(value));
      } else if (is("(")) {
        value = join(Type::kCall, "", std::move(value));
        arguments(*value);
      } else {
        return value;
      }
    }
  }

  NodePtr test(NodePtr value) {
    const bool negated = take("not");
    NodePtr n = join(Type::kTest, name(), std::move(value));
    n->flag = negated;
    const Token& t = peek();
    if (is("(")) {
      arguments(*n);
    } else if (t.kind == Kind::kString || t.kind == Kind::kInteger || t.kind == Kind::kFloat || is("[") || is("{") ||
               (t.kind == Kind::kName && !is("else") && !is("or") && !is("and") && !is("if") && !is("in") && !is("not"))) {
      if (is("is")) fail("tests in a row");
      adopt(*n, postfix(primary()));
    }
    return n;
  }

  NodePtr postfix(NodePtr value) {
    while (true) {
      if (take(".")) {
        if (peek().kind == Kind::kInteger) {
          NodePtr index = literal(Value::of(std::int64_t{std::stoll(tokens_[token_++].text)}));
          value = join(Type::kItem, "", std::move(value), std::move(index));
        } else {
          std::string attribute = name();
          value = join(Type::kAttribute, std::move(attribute), std::move(value));
        }
      } else if (take("[")) {
        value = subscript(std::move(value));
      } else if (is("(")) {
        value = join(Type::kCall, "", std::move(value));
        arguments(*value);
      } else {
        return value;
      }
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
        if (parts[n]) fail("expected ']', got '" + peek().text + "'");
        parts[n] = slice ? expression() : tuple(true);
      }
    }
    if (!slice && !parts[0]) fail("an empty subscript");
    NodePtr node = join(slice ? Type::kSlice : Type::kItem, "", std::move(value));
    for (int i = 0; i < (slice ? 3 : 1); ++i) adopt(*node, parts[i] ? std::move(parts[i]) : literal(Value::none()));
    return node;
  }

  void arguments(Node& n) {
    expect("(");
    while (!take(")")) {
      if (is("*") || is("**")) fail("'" + peek().text + "' before an argument is not supported");
      if (peek().kind == Kind::kName && is("=", 1)) {
        std::string key = name();
        expect("=");
        NodePtr value = expression();
        n.height = std::max(n.height, value->height + 1);
        n.named.emplace_back(std::move(key), std::move(value));
      } else {
        if (!n.named.empty()) fail("an argument without a name follows one with it");
        adopt(n, expression());
      }
      if (!is(")")) expect(",");
    }
    if (n.height > kMaxHeight) fail("an expression nests too deep");
  }

  NodePtr literal(Value value) {
    NodePtr n = make(Type::kLiteral);
    n->literal = std::move(value);
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
        return literal(Value::text(std::move(text)));
      }
      case Kind::kInteger: return literal(Value::of(std::int64_t{std::stoll(t.text)}));
      case Kind::kFloat: return literal(Value::of(std::strtod(t.text.c_str(), nullptr)));
      case Kind::kName: {
        if (t.text == "true" || t.text == "True") return literal(Value::of(true));
        if (t.text == "false" || t.text == "False") return literal(Value::of(false));
        if (t.text == "none" || t.text == "None") return literal(Value::none());
        if (t.text == "caller" || t.text == "varargs" || t.text == "kwargs") takes_more_ = true;
        return make(Type::kName, t.text);
      }
      default: break;
    }
    if (t.text == "(") {
      if (take(")")) return make(Type::kTuple);
      NodePtr inner = tuple(true);
      expect(")");
      return inner;
    }
    if (t.text == "[") {
      NodePtr n = make(Type::kList);
      while (!take("]")) {
        adopt(*n, expression());
        if (!is("]")) expect(",");
      }
      return n;
    }
    if (t.text == "{") {
      NodePtr n = make(Type::kDict);
      while (!take("}")) {
        adopt(*n, expression());
        expect(":");
        adopt(*n, expression());
        if (!is("}")) expect(",");
      }
      return n;
    }
    fail("unexpected '" + t.text + "'");
  }

  std::vector<Piece> pieces_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  std::size_t token_ = 0;
  int line_ = 1, depth_ = 0, loops_ = 0;
  bool takes_more_ = false;  // the macro being parsed names caller, varargs or kwargs
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
