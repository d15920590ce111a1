// Guards: what the evaluator changes for a while and restores, also when it fails.
#pragma once

#include "core/text/jinja/evaluator.hpp"

namespace weft::jinja {

// Nested statements and expressions, those of macros included; larger: a small stack overflows.
constexpr int kMaxRunDepth = 600;

struct Evaluator::Deeper {
  int& depth;
  explicit Deeper(int& d) : depth(d) {
    if (depth >= kMaxRunDepth) fail_limit("the template runs too deep");
    ++depth;
  }
  ~Deeper() { --depth; }
};

/// Makes a scope the current one as long as the guard lives.
struct Evaluator::Inner {
  Evaluator& in;
  std::shared_ptr<Scope> outer;
  Inner(Evaluator& evaluator, std::shared_ptr<Scope> parent) : in(evaluator) {
    auto scope = std::make_shared<Scope>();
    scope->parent = std::move(parent);
    outer = std::exchange(in.scope_, std::move(scope));
  }
  ~Inner() { in.scope_ = std::move(outer); }
};

struct LoopEnd {
  Loop& loop;
  ~LoopEnd() {
    loop.runs = false;
    loop.before = {};
  }
};

}  // namespace weft::jinja
