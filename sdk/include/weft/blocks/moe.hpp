// Mixtures of experts (Shazeer et al. 2017): each token's k best experts, weighted by the router.
#pragma once

#include "weft/blocks/mlp.hpp"
#include "weft/blocks/norm.hpp"

namespace weft::blocks {

/// What differs between families.
struct MoeShape {
  int64_t hidden = 0, inner = 0, experts = 0, chosen = 0;
  bool renormalise = false;  // the weights of the chosen sum to 1
  bool bias = false;         // of the router and the experts
  Activation activation = Activation::kSilu;
  double limit = 0;          // > 0: clamped SwiGLU, (clamp(up) + 1) * clamp(gate) * sigmoid(1.702 clamp(gate))
  int64_t shared_inner = 0;  // > 0: an expert that all tokens take, under `shared_expert`
  bool shared_gate = false;  // its output times sigmoid(shared_expert_gate(x))
};

/// h: [T, J, inner] from the gate's and the up projection's products.
inline Tensor gate_experts(Graph& g, Tensor gate, Tensor up, const MoeShape& s) {
  if (s.limit == 0) return g.mul(activate(g, s.activation, gate, 3), up);
  const float limit = static_cast<float>(s.limit);
  gate = g.min(gate, g.scalar(limit, 3));
  up = g.max(g.min(up, g.scalar(limit, 3)), g.scalar(-limit, 3));
  return g.mul(g.add(up, g.scalar(1, 3)), activate(g, Activation::kQuickGelu, gate, 3));
}

/// x: [T, hidden] -> [T, hidden]. Parameters under `scope`: gate, experts.{gate,up,down}_proj [experts, out, in],
/// shared_expert, shared_expert_gate.
inline Tensor moe(const Scope& scope, Tensor x, const MoeShape& s) {
  Graph& g = scope.graph();
  const Dim T = g.dims(x)[0];
  const int64_t J = s.chosen;
  Tensor scores = softmax(g, linear(scope / "gate", x, s.hidden, s.experts, s.bias));  // [T, experts]
  auto [weight, id] = g.top_k(scores, J);                                              // [T, J]
  if (s.renormalise) weight = g.div(weight, g.reduce(sdk::Reduce::kSum, weight, 1));
  const Scope experts = scope / "experts";
  auto project = [&](std::string_view name, Tensor a, int64_t in, int64_t out) {  // [T, J, out]
    Tensor y = g.matmul_id(a, (experts / name).param("weight", {s.experts, out, in}), id);
    return s.bias ? g.add(y, g.gather((experts / name).param("bias", {s.experts, out}), id)) : y;
  };
  Tensor each = g.reshape(x, {T, 1, s.hidden});
  Tensor gate = project("gate_proj", each, s.hidden, s.inner), up = project("up_proj", each, s.hidden, s.inner);
  Tensor y = project("down_proj", gate_experts(g, gate, up, s), s.inner, s.hidden);  // [T, J, hidden]
  y = g.reduce(sdk::Reduce::kSum, g.mul(y, g.reshape(weight, {T, J, 1})), 1);
  y = g.reshape(y, {T, s.hidden});
  if (s.shared_inner == 0) return y;
  Tensor shared = gated_mlp(scope / "shared_expert", x, s.hidden, s.shared_inner, s.activation, false);
  if (s.shared_gate) shared = g.mul(shared, g.sigmoid(linear(scope / "shared_expert_gate", x, s.hidden, 1, false)));
  return g.add(y, shared);
}

}  // namespace weft::blocks
