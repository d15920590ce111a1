// What the evaluator puts back, also when it fails.
#pragma once

#include "core/text/jinja/evaluator.hpp"

namespace weft::jinja {

constexpr int kMaxRunDepth = 600;  // statements and expressions within each other, macros' included

struct Evaluator::Deeper {
  int& depth;
  explicit Deeper(int& d) : depth(d) {
    if (depth >= kMaxRunDepth) fail_limit("the template runs too deep");
    ++depth;
  }
  ~Deeper() { --depth; }
};

/// A scope for as long as this lives.
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
