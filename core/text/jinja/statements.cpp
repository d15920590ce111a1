#include "core/text/jinja/evaluator.hpp"

#include <algorithm>

#include "core/text/jinja/evaluator_guards.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

/// A value of the context. What people and documents say is marked as the user's, so that special tokens in it are
/// plain text. Roles are not, because templates make control tokens of them.
Value user_content(Meter& meter, const Json& value, bool message) {
  if (message && value.is_object()) {
    Entries entries;
    for (auto it = value.begin(); it != value.end(); ++it) {
      entries.emplace_back(Value::text(it.key()), from_json(meter, it.value(), it.key() != "role"));
    }
    return Value::dict(meter, std::move(entries));
  }
  if (!value.is_array() || !message) return from_json(meter, value, true);
  List items;
  for (const Json& one : value) items.push_back(user_content(meter, one, one.is_object()));
  return Value::sequence(meter, std::move(items));
}

}  // namespace

Evaluator::Evaluator(const Program& program, const Json& context, const TemplateLimits& limits)
    : program_(program),
      meter_(limits.max_steps, limits.max_output_bytes, limits.call),
      globals_(program.names.size()) {
  if (!context.is_object()) fail("the context is not an object");
  for (std::size_t i = 0; i < program.names.size(); ++i) {
    const std::string& name = program.names[i];
    const auto it = context.find(name);
    if (it == context.end()) continue;
    if (name == "messages") globals_[i] = user_content(meter_, *it, true);
    else globals_[i] = from_json(meter_, *it, name == "tools" || name == "documents");
  }
}

Evaluator::~Evaluator() {
  for (const auto& space : spaces_) space->names.clear();
  for (const auto& scope : captured_) scope->names.clear();
}

Text Evaluator::run() {
  block(program_.root->body);
  return std::move(out_);
}

void Evaluator::write(const Text& text) {
  meter_.check_text(out_.size() + text.size());
  meter_.take(text.size() / 64 + text.user().size() / 4);
  out_.append(text);
}
void Evaluator::write(const Value& v) {
  if (v.is_string()) return write(v.text());
  write(to_text(meter_, v));
}

// --- names --------------------------------------------------------------------------------------
const Value* Evaluator::find_name(Id id) {
  for (const Scope* f = scope_.get(); f != nullptr; f = f->parent.get()) {
    meter_.take_names(f->names.size());
    for (const auto& [key, value] : f->names) {
      if (key == id) return &value;
    }
  }
  return globals_[id].is(Kind::kMissing) ? nullptr : &globals_[id];
}

void Evaluator::set_name(Id id, Value v) {
  if (!scope_) {
    globals_[id] = std::move(v);
    return;
  }
  meter_.take_names(scope_->names.size());
  for (auto& [key, value] : scope_->names) {
    if (key == id) {
      value = std::move(v);
      return;
    }
  }
  scope_->names.emplace_back(id, std::move(v));
}

void Evaluator::assign(const Target& target, const Value& v) {
  if (target.many) {
    const List parts = elements(meter_, v);
    if (parts.size() != target.parts.size()) {
      fail("cannot unpack " + std::to_string(parts.size()) + " values into " + std::to_string(target.parts.size()) +
           " names");
    }
    for (std::size_t i = 0; i < parts.size(); ++i) assign(target.parts[i], parts[i]);
  } else if (target.attribute.empty()) {
    set_name(target.id, v);
  } else {
    const Value* space = find_name(target.id);
    if (!space) fail("'" + program_.names[target.id] + "' is undefined");
    if (!space->is(Kind::kNamespace)) fail("cannot assign attribute on non-namespace object");
    space->as<Namespace>().set(target.attribute, v);
  }
}

// --- statements ---------------------------------------------------------------------------------
Evaluator::Flow Evaluator::block(const std::vector<NodePtr>& nodes) {
  for (const NodePtr& n : nodes) {
    if (const Flow flow = statement(*n); flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Evaluator::Flow Evaluator::statement(const Node& n) {
  try {
    const Deeper deeper(depth_);
    meter_.take(1);
    return execute(n);
  } catch (Failure& f) {
    if (f.line == 0) f.line = n.line, f.column = n.column;
    throw;
  }
}

Evaluator::Flow Evaluator::execute(const Node& n) {
  switch (n.type) {
    case Type::kText: write(n.literal.text()); return Flow::kNext;
    case Type::kOutput: write(eval(*n.args[0])); return Flow::kNext;
    case Type::kBlock: return block(n.body);
    case Type::kIf: return conditional(n);
    case Type::kFor: return loop(n, eval(*n.args[0]), 1, scope_);
    case Type::kSet: assign(n.targets[0], eval(*n.args[0])); return Flow::kNext;
    case Type::kSetBlock:
    case Type::kFilterBlock: return set_block(n);
    case Type::kWith: return with(n);
    case Type::kScoped: {
      const Inner inner(*this, scope_);
      return block(n.body);
    }
    case Type::kNamedBlock: {
      const Inner inner(*this, n.flag ? scope_ : nullptr);
      return block(n.body);
    }
    case Type::kMacro: set_name(n.id, macro(n)); return Flow::kNext;
    case Type::kCallBlock: {
      const Value caller = macro(n);
      write(call(*n.args[0], &caller));
      return Flow::kNext;
    }
    case Type::kBreak: return Flow::kBreak;
    case Type::kContinue: return Flow::kContinue;
    case Type::kRefused: fail(n.name);
    default: fail("not a statement");
  }
}

/// Runs statements in a scope of their own and collects what they write.
Evaluator::Flow Evaluator::captured(const std::vector<NodePtr>& nodes, const std::shared_ptr<Scope>& parent,
                                        Text& out) {
  const Inner inner(*this, parent);
  std::swap(out, out_);
  const Flow flow = block(nodes);
  std::swap(out, out_);
  return flow;
}

Evaluator::Flow Evaluator::conditional(const Node& n) {
  for (std::size_t i = 0; i < n.args.size(); ++i) {
    if (truthy(eval(*n.args[i]))) return block(n.body[i]->body);
  }
  return block(n.other);
}

Evaluator::Flow Evaluator::with(const Node& n) {
  List values;
  for (const NodePtr& value : n.args) values.push_back(eval(*value));
  const Inner inner(*this, scope_);
  for (std::size_t i = 0; i < values.size(); ++i) assign(n.targets[i], values[i]);
  return block(n.body);
}

Evaluator::Flow Evaluator::set_block(const Node& n) {
  Text body;
  if (const Flow flow = captured(n.body, scope_, body); flow != Flow::kNext) return flow;
  const Value outer = std::exchange(hole_, text(std::move(body)));
  const Value filtered = eval(*n.args[0]);
  hole_ = outer;
  if (n.type == Type::kSetBlock) assign(n.targets[0], filtered);
  else write(filtered);
  return Flow::kNext;
}

Value Evaluator::macro(const Node& n) {
  meter_.take(10);
  if (scope_ && (captured_.empty() || captured_.back() != scope_)) captured_.push_back(scope_);
  return Value::shared(Kind::kMacro, std::make_shared<Macro>(Macro{&n, scope_}));
}

/// The items that the loop runs over. The condition of `for ... if` is applied first, so that `loop` counts only what
/// is left.
std::shared_ptr<const List> Evaluator::items_of(const Node& n, const Value& over) {
  std::shared_ptr<const List> items;
  if (over.is_indexed() || over.is(Kind::kView)) {
    meter_.take(over.items().size());
    items = std::shared_ptr<const List>(over.data, &over.items());
  } else {
    items = std::make_shared<List>(elements(meter_, over));
  }
  if (n.args.size() < 2) return items;
  const Inner inner(*this, scope_);
  List kept;
  for (const Value& v : *items) {
    meter_.take(1);
    assign(n.targets[0], v);
    if (truthy(eval(*n.args[1]))) kept.push_back(v);
  }
  return std::make_shared<List>(std::move(kept));
}

/// `parent` is passed by value because it may be scope_, which changes.
Evaluator::Flow Evaluator::loop(const Node& n, const Value& over, std::int64_t depth, std::shared_ptr<Scope> parent) {
  const Inner inner(*this, parent);
  const std::shared_ptr<const List> items = items_of(n, over);
  bool whole = false;  // whether some iteration came to its end; otherwise `else` runs, as in Jinja
  const auto info = std::make_shared<Loop>(Loop{&n, parent, items, depth, 0, true, {}});
  const LoopEnd end{*info};
  const Value shared = Value::shared(Kind::kLoop, info);
  for (; info->at < items->size(); ++info->at) {
    meter_.take(1);
    scope_->names.clear();
    set_name(program_.loop, shared);
    assign(n.targets[0], (*items)[info->at]);
    const Flow flow = block(n.body);
    whole = whole || flow == Flow::kNext;
    if (flow == Flow::kBreak) break;
  }
  if (whole || n.other.empty()) return Flow::kNext;
  scope_->names.clear();
  return block(n.other);
}

}  // namespace weft::jinja
