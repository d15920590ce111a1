#include "core/text/jinja/parser.hpp"

#include <algorithm>

namespace weft::jinja {
struct Parser::Deeper {
  Parser& p;
  explicit Deeper(Parser& parser) : p(parser) {
    if (p.depth_ >= kMaxDepth) fail_limit("the template nests too deep");
    ++p.depth_;
  }
  ~Deeper() { --p.depth_; }
};

Parser::Parser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

Program Parser::parse() {
  Program program;
  program.caller = id_of("caller"), program.varargs = id_of("varargs");
  program.kwargs = id_of("kwargs"), program.loop = id_of("loop");
  program.root = make(Type::kBlock);
  block(program.root->body, {});
  if (!unknown_.empty()) throw unknown_.front();
  program.names = std::move(names_);
  return program;
}

int Parser::line() const { return tokens_.empty() ? 1 : peek().line; }
int Parser::column() const { return tokens_.empty() ? 1 : peek().column; }

NodePtr Parser::make(Type type) const {
  auto n = std::make_unique<Node>();
  n->type = type;
  n->line = line(), n->column = column();
  return n;
}

NodePtr Parser::make(Type type, const Node& at) const {
  NodePtr n = make(type);
  n->line = at.line, n->column = at.column;
  return n;
}

Id Parser::id_of(const std::string& name) {
  const auto [it, added] = ids_.emplace(name, static_cast<Id>(names_.size()));
  if (added) names_.push_back(name);
  return it->second;
}

// --- tokens -------------------------------------------------------------------------------------
const Token& Parser::peek(std::size_t ahead) const { return tokens_[std::min(token_ + ahead, tokens_.size() - 1)]; }
bool Parser::is(std::string_view text, std::size_t ahead) const {
  return peek(ahead).kind != Kind::kString && peek(ahead).kind != Kind::kEnd && peek(ahead).text == text;
}
bool Parser::take(std::string_view text) {
  if (!is(text)) return false;
  ++token_;
  return true;
}
void Parser::expect(std::string_view text) {
  if (!take(text))
    fail("expected '" + std::string(text) + "', got " +
         (peek().kind == Kind::kEnd ? "the end of the tag" : "'" + peek().text + "'"));
}
std::string Parser::name() {
  if (peek().kind != Kind::kName)
    fail("expected a name, got " + (peek().kind == Kind::kEnd ? "the end of the tag" : "'" + peek().text + "'"));
  return tokens_[token_++].text;
}
void Parser::finish() {
  if (peek().kind != Kind::kEnd) fail("unexpected '" + peek().text + "'");
}

// --- statements -------------------------------------------------------------------------------
/// Parses until a statement of `ends` and returns its keyword, with its tokens still to be read; "" at the end of the
/// text.
std::string Parser::block(std::vector<NodePtr>& out, Ends ends) {
  const Deeper guard(*this);
  while (at_ < pieces_.size()) {
    Piece& piece = pieces_[at_++];
    if (piece.kind == Piece::Kind::kText) {
      NodePtr n = make(Type::kText);
      n->line = piece.line, n->column = piece.column;
      n->literal = Value::text(std::move(piece.text));
      out.push_back(std::move(n));
      continue;
    }
    tokens_ = std::move(piece.tokens);
    token_ = 0;
    if (piece.kind == Piece::Kind::kOutput) {
      NodePtr n = make(Type::kOutput);
      adopt(*n, tuple(true));
      finish();
      out.push_back(std::move(n));
      continue;
    }
    std::string keyword = name();
    if (std::find(ends.begin(), ends.end(), keyword) != ends.end()) return keyword;
    const int line = piece.line, column = piece.column;
    NodePtr n = statement(keyword);
    finish();
    n->line = line, n->column = column;
    out.push_back(std::move(n));
  }
  return "";
}

/// Parses the statements up to {% end %} and takes that too.
void Parser::body(std::vector<NodePtr>& out, std::string_view end) {
  take(":");
  finish();
  if (block(out, {end}) != end) fail("{% " + std::string(end) + " %} is missing");
}

/// The same for statements that have a scope of their own.
void Parser::own_body(std::vector<NodePtr>& out, std::string_view end) {
  const bool soft = std::exchange(soft_, false);
  body(out, end);
  soft_ = soft;
}

NodePtr Parser::statement(const std::string& keyword) {
  if (keyword == "if") return if_statement();
  if (keyword == "for") return for_statement();
  if (keyword == "set") return set_statement();
  if (keyword == "macro") return macro_statement();
  if (keyword == "call") return call_statement();
  if (keyword == "with") return with_statement();
  if (keyword == "filter") return filter_statement();
  if (keyword == "block") return block_statement();
  if (keyword == "print") return print_statement();
  if (keyword == "autoescape") return autoescape_statement();
  if (keyword == "generation") {
    NodePtr n = make(Type::kScoped);
    const int loops = std::exchange(loops_, 0);
    own_body(n->body, "endgeneration");
    loops_ = loops;
    return n;
  }
  if (keyword == "break" || keyword == "continue") {
    if (loops_ == 0) fail("{% " + keyword + " %} outside a loop");
    return make(keyword == "break" ? Type::kBreak : Type::kContinue);
  }
  if (keyword == "include" || keyword == "import" || keyword == "from" || keyword == "extends")
    return refused_statement(keyword);
  --token_;
  fail("unknown statement {% " + keyword + " %}");
}

NodePtr Parser::if_statement() {
  NodePtr n = make(Type::kIf);
  std::string end = "elif";
  const bool soft = std::exchange(soft_, true);
  while (end == "elif") {
    soft_ = soft;
    adopt(*n, tuple(false));
    soft_ = true;
    take(":");
    finish();
    NodePtr branch = make(Type::kBlock);
    end = block(branch->body, {"elif", "else", "endif"});
    n->body.push_back(std::move(branch));
  }
  if (end.empty()) fail("{% endif %} is missing");
  if (end == "else") body(n->other, "endif");
  soft_ = soft;
  return n;
}

NodePtr Parser::for_statement() {
  NodePtr n = make(Type::kFor);
  ++fors_;
  n->targets.push_back(targets(false));
  expect("in");
  adopt(*n, tuple(false));
  const bool soft = std::exchange(soft_, false);
  if (take("if")) adopt(*n, expression());
  n->flag = take("recursive");
  take(":");
  finish();
  ++loops_;
  const std::string end = block(n->body, {"else", "endfor"});
  --loops_;
  if (end.empty()) fail("{% endfor %} is missing");
  if (end == "else") body(n->other, "endfor");
  --fors_;
  soft_ = soft;
  return n;
}

Id Parser::target_name() {
  const std::string n = name();
  for (const char* constant : {"true", "false", "none", "True", "False", "None"}) {
    if (n == constant) fail("can't assign to " + n);
  }
  return id_of(n);
}

Target Parser::target(bool attributes) {
  const Deeper guard(*this);
  Target t;
  if (take("(")) {
    t = targets(attributes);
    expect(")");
    return t;
  }
  t.id = target_name();
  if (fors_ > 0 && names_[t.id] == "loop" && !is(".")) fail("can't assign to special loop variable in for-loop");
  if (attributes && take(".")) t.attribute = name();
  return t;
}

Target Parser::targets(bool attributes) {
  Target all;
  all.many = true;
  while (peek().kind != Kind::kEnd && !is(")") && !is("in")) {
    all.parts.push_back(target(attributes));
    if (!take(",")) {
      if (all.parts.size() == 1) return std::move(all.parts[0]);
      break;
    }
  }
  return all;
}

NodePtr Parser::set_statement() {
  NodePtr n = make(Type::kSet);
  n->targets.push_back(targets(true));
  if (take("=")) {
    adopt(*n, tuple(true));
    return n;
  }
  n->type = Type::kSetBlock;
  NodePtr filters = make(Type::kHole);
  const bool soft = std::exchange(soft_, false);
  while (is("|")) filters = filter(std::move(filters));
  soft_ = soft;
  adopt(*n, std::move(filters));
  own_body(n->body, "endset");
  return n;
}

void Parser::parameters(Node& n) {
  expect("(");
  while (!take(")")) {
    if (!n.parameters.empty()) expect(",");
    const Id id = target_name();
    if (std::find(n.parameters.begin(), n.parameters.end(), id) != n.parameters.end())
      fail("two parameters '" + names_[id] + "'");
    NodePtr fallback = take("=") ? expression() : nullptr;
    if (!fallback && !n.named.empty() && n.named.back().value) fail("non-default argument follows default argument");
    n.parameters.push_back(id);
    n.named.push_back({names_[id], std::move(fallback)});
  }
}

NodePtr Parser::macro_statement() {
  NodePtr n = make(Type::kMacro);
  n->id = target_name();
  n->name = names_[n->id];
  const bool soft = std::exchange(soft_, false);
  parameters(*n);
  soft_ = soft;
  macro_body(*n, "endmacro");
  return n;
}

/// Parses a macro's body. The names in the body decide whether the macro takes more arguments than it declares.
void Parser::macro_body(Node& n, std::string_view end) {
  const int loops = std::exchange(loops_, 0);
  const bool outer[] = {std::exchange(caller_, false), std::exchange(varargs_, false), std::exchange(kwargs_, false)};
  own_body(n.body, end);
  const auto named = [&](std::string_view name) {
    return std::any_of(n.named.begin(), n.named.end(), [&](const NamedNode& p) { return p.key == name; });
  };
  if (named("caller")) {
    const auto caller =
        std::find_if(n.named.begin(), n.named.end(), [](const NamedNode& p) { return p.key == "caller"; });
    if (caller_ && !caller->value) fail("the parameter 'caller' of a macro that is called with blocks wants a default");
  }
  n.takes_caller = caller_ && !named("caller");
  n.takes_varargs = varargs_ && !named("varargs");
  n.takes_kwargs = kwargs_ && !named("kwargs");
  caller_ = caller_ || outer[0], varargs_ = varargs_ || outer[1], kwargs_ = kwargs_ || outer[2];
  loops_ = loops;
}

NodePtr Parser::call_statement() {
  NodePtr n = make(Type::kCallBlock);
  n->name = "caller";
  const bool soft = std::exchange(soft_, false);
  if (is("(")) parameters(*n);
  soft_ = soft;
  adopt(*n, expression());
  if (n->args[0]->type != Type::kCall) fail("{% call %} wants a call");
  macro_body(*n, "endcall");
  return n;
}

NodePtr Parser::with_statement() {
  NodePtr n = make(Type::kWith);
  while (peek().kind != Kind::kEnd && !is(":")) {
    if (!n->targets.empty()) expect(",");
    n->targets.push_back(targets(false));
    expect("=");
    adopt(*n, expression());
  }
  own_body(n->body, "endwith");
  return n;
}

NodePtr Parser::filter_statement() {
  NodePtr n = make(Type::kFilterBlock);
  Token pipe = peek();
  pipe.kind = Kind::kOperator, pipe.text = "|";
  tokens_.insert(tokens_.begin() + static_cast<std::ptrdiff_t>(token_), std::move(pipe));
  NodePtr filters = make(Type::kHole);
  const bool soft = std::exchange(soft_, false);
  while (is("|")) filters = filter(std::move(filters));
  soft_ = soft;
  adopt(*n, std::move(filters));
  own_body(n->body, "endfilter");
  return n;
}

NodePtr Parser::block_statement() {
  NodePtr n = make(Type::kNamedBlock);
  n->name = name();
  if (!blocks_.emplace(n->name, true).second) fail("block '" + n->name + "' defined twice");
  n->flag = take("scoped");
  if (take("required")) fail("required blocks are not supported: there is no template to extend");
  const int loops = std::exchange(loops_, 0);
  const bool soft = std::exchange(soft_, false);
  finish();
  if (block(n->body, {"endblock"}) != "endblock") fail("{% endblock %} is missing");
  if (peek().kind == Kind::kName) expect(n->name);
  soft_ = soft;
  loops_ = loops;
  return n;
}

NodePtr Parser::print_statement() {
  NodePtr n = make(Type::kBlock);
  while (peek().kind != Kind::kEnd) {
    if (!n->body.empty()) expect(",");
    NodePtr one = make(Type::kOutput);
    adopt(*one, expression());
    n->body.push_back(std::move(one));
  }
  return n;
}

NodePtr Parser::autoescape_statement() {
  const NodePtr on = expression();
  if (on->type != Type::kLiteral || truthy(on->literal))
    fail("autoescape is not supported: chat templates write plain text");
  NodePtr n = make(Type::kScoped);
  own_body(n->body, "endautoescape");
  return n;
}

/// A statement that needs other templates is an error only when it runs.
NodePtr Parser::refused_statement(const std::string& keyword) {
  NodePtr n = make(Type::kRefused);
  n->name = "{% " + keyword + " %} needs other templates; a chat template has none";
  token_ = tokens_.size() - 1;
  return n;
}

Program parse(std::string_view source) {
  Parser parser(lex(source));
  try {
    return parser.parse();
  } catch (Failure& f) {
    if (f.line == 0) f.line = parser.line(), f.column = parser.column();
    throw;
  }
}

}  // namespace weft::jinja
