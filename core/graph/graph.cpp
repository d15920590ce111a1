#include "core/graph/graph.hpp"

namespace weft {
namespace {

// The value whose memory `value` is, one step back, or WEFT_NONE when it is fresh memory.
std::uint32_t written_in_place(const Graph& g, std::uint32_t value) {
  for (const Node& n : g.nodes) {
    for (std::size_t o = 0; o < n.out.size(); ++o) {
      if (n.out[o] != value) continue;
      if (n.body == 0) return n.op == "scatter" ? n.in[0] : WEFT_NONE;
      const std::uint32_t input = body_alias(*g.body_of(n), o);
      return input == WEFT_NONE ? WEFT_NONE : n.in[input];
    }
  }
  return WEFT_NONE;
}

}  // namespace

std::uint32_t body_alias(const Graph& body, std::size_t output) {
  std::uint32_t value = body.outputs[output];
  for (;;) {
    for (std::uint32_t i = 0; i < body.inputs.size(); ++i) {
      if (body.inputs[i] == value) return i;
    }
    value = written_in_place(body, value);
    if (value == WEFT_NONE) return WEFT_NONE;
  }
}

}  // namespace weft
