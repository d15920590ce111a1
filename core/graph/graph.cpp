#include "core/graph/graph.hpp"

namespace weft {
namespace {

// The value whose memory `value` is, one step back; WEFT_NONE: it has fresh memory.
std::uint32_t written_in_place(const Graph& g, std::uint32_t value) {
  for (const Node& n : g.nodes) {
    for (std::size_t o = 0; o < n.out.size(); ++o) {
      if (n.out[o] != value) continue;
      const std::uint32_t input = node_alias(g, n, o);
      return input == WEFT_NONE ? WEFT_NONE : n.in[input];
    }
  }
  return WEFT_NONE;
}

}  // namespace

std::int64_t integer_attr(const Node& node, std::string_view key, std::int64_t fallback) {
  for (const Attr& a : node.attrs) {
    const auto* v = std::get_if<std::vector<std::int64_t>>(&a.value);
    if (a.key == key && v != nullptr && v->size() == 1) return v->front();
  }
  return fallback;
}

std::uint32_t node_alias(const Graph& graph, const Node& n, std::size_t output) {
  if (n.composite()) return body_alias(*graph.body_of(n), output);
  if (n.op == "scatter") return 0;
  if (n.op == "scan" && static_cast<std::int64_t>(output) < integer_attr(n, "n_carry", 0)) {
    return static_cast<std::uint32_t>(output);
  }
  return WEFT_NONE;
}

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
