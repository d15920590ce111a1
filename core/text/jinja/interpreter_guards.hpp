// What the interpreter puts back, also when it fails.
#pragma once

#include "core/text/jinja/interpreter.hpp"

namespace weft::jinja {

constexpr int kMaxRunDepth = 600;  // statements and expressions within each other, macros' included

struct Interpreter::Deeper {
  int& depth;
  explicit Deeper(int& d) : depth(d) {
    if (depth >= kMaxRunDepth) fail_limit("the template runs too deep");
    ++depth;
  }
  ~Deeper() { --depth; }
};

/// A frame for as long as this lives.
struct Interpreter::Inner {
  Interpreter& in;
  std::shared_ptr<Frame> outer;
  Inner(Interpreter& interpreter, std::shared_ptr<Frame> parent) : in(interpreter) {
    auto frame = std::make_shared<Frame>();
    frame->parent = std::move(parent);
    outer = std::exchange(in.frame_, std::move(frame));
  }
  ~Inner() { in.frame_ = std::move(outer); }
};

struct LoopEnd {
  Loop& loop;
  ~LoopEnd() {
    loop.runs = false;
    loop.before = {};
  }
};

}  // namespace weft::jinja
