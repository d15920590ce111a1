// Mixtures of experts (Shazeer et al. 2017): each token's k best experts, weighted by the router.
#pragma once

#include <limits>
#include <tuple>
#include <utility>

#include "weft/blocks/mlp.hpp"
#include "weft/blocks/norm.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// What families state about their mixture of experts.
struct MoeShape {
  int64_t hidden = 0, inner = 0, experts = 0, chosen = 0;
  bool sigmoid = false;      // a score is the sigmoid of its logit, not a softmax over all
  // Parameter gate.e_score_correction_bias [experts], added to scores when experts are chosen, not to their weights.
  bool correction = false;
  // Experts in groups of neighbours: only the best `chosen_groups` groups may be chosen from.
  int64_t groups = 1, chosen_groups = 1;
  int64_t group_best = 1;    // a group is as good as the sum of this many of its best scores
  bool renormalise = false;  // the weights of the chosen experts are scaled to the sum 1
  double scale = 1;          // multiplies the weights of the chosen experts
  bool bias = false;         // of the router and the experts
  Activation activation = Activation::kSilu;
  double limit = 0;          // > 0: clamped SwiGLU, (clamp(up) + 1) * clamp(gate) * sigmoid(1.702 clamp(gate))
  int64_t shared_inner = 0;  // > 0: width of an expert that all tokens take, under `shared_expert`
  bool shared_gate = false;  // the shared expert's output is multiplied by sigmoid(shared_expert_gate(x))
};

/// The experts' hidden values [T, J, inner] from the products of the gate and up projections.
WEFT_SDK_INLINE Tensor gate_experts(Graph& g, Tensor gate, Tensor up, const MoeShape& s) {
  if (s.limit == 0) return g.mul(activate(g, s.activation, gate), up);
  const float limit = static_cast<float>(s.limit);
  gate = g.min(gate, g.scalar(limit, 3));
  up = g.max(g.min(up, g.scalar(limit, 3)), g.scalar(-limit, 3));
  return g.mul(g.add(up, g.scalar(1, 3)), activate(g, Activation::kQuickGelu, gate));
}

/// The scores [T, experts], with -inf for experts outside of the best groups.
WEFT_SDK_INLINE Tensor of_best_groups(Graph& g, Tensor choice, const MoeShape& s) {
  if (s.chosen_groups >= s.groups) return choice;
  const Dim T = g.dims(choice)[0];
  const int64_t G = s.groups, N = s.chosen_groups;
  Tensor grouped = g.reshape(choice, {T, G, sdk::each_of(G, s.experts)});
  Tensor best = g.reduce(sdk::Reduce::kSum, g.top_k(grouped, s.group_best).first, 2);  // [T, G, 1]
  Tensor id = g.top_k(g.reshape(best, {T, G}), N).second;                              // [T, N]
  Tensor named = g.compare(sdk::Compare::kEq, g.reshape(id, {T, N, 1}), g.iota({1, 1, G}, 2));
  // Whether one of the N is this group.
  Tensor count = g.reduce(sdk::Reduce::kSum, g.cast(named, WEFT_F32), 1);  // [T, 1, G]
  Tensor mask = g.compare(sdk::Compare::kGt, g.reshape(count, {T, G, 1}), g.scalar(0, 3));
  return g.reshape(g.select(mask, grouped, g.scalar(-std::numeric_limits<float>::infinity(), 3)), {T, s.experts});
}

/// The weights and the numbers of each token's experts, both [T, chosen], from the router's products [T, experts].
WEFT_SDK_INLINE std::pair<Tensor, Tensor> route(Graph& g, Tensor products, Tensor correction, const MoeShape& s) {
  Tensor scores = s.sigmoid ? g.sigmoid(products) : softmax(g, products);
  Tensor choice = correction.present() ? g.add(scores, g.reshape(correction, {1, s.experts})) : scores;
  auto [weight, id] = g.top_k(of_best_groups(g, choice, s), s.chosen);
  if (correction.present()) weight = g.gather(scores, id, 1, 1);
  if (s.renormalise) weight = g.div(weight, g.reduce(sdk::Reduce::kSum, weight, 1));
  if (s.scale != 1) weight = g.mul(weight, g.scalar(static_cast<float>(s.scale), 2));
  return {weight, id};
}

/// The body of moe.
WEFT_SDK_INLINE std::vector<Tensor> moe_body(Graph& g, const std::vector<Tensor>& in, const Attributes& attrs) {
  const Dim T = g.dims(in[0])[0];
  const Dims router = g.dims(in[1]);
  const std::vector<int64_t> groups = attrs.list("groups");
  if (!groups.empty() && groups.size() != 3) sdk::refuse("groups has " + std::to_string(groups.size()) + " entries");
  MoeShape s;
  s.experts = router[0], s.hidden = router[1], s.chosen = attrs.integer("chosen");
  s.sigmoid = attrs.flag("sigmoid"), s.renormalise = attrs.flag("renormalise");
  if (!groups.empty()) s.groups = groups[0], s.chosen_groups = groups[1], s.group_best = groups[2];
  s.scale = attrs.number("scale"), s.limit = attrs.number("limit");
  s.activation = activation_of(attrs.text("activation"));
  Tensor scores = g.matmul(in[0], in[1], true);  // [T, experts]
  if (in[2].present()) scores = g.add(scores, g.reshape(in[2], {1, s.experts}));
  auto [weight, id] = route(g, scores, in[9], s);
  auto project = [&, id = id](Tensor a, std::size_t w) {  // [T, J, out]
    Tensor p = g.matmul_id(a, in[w], id);
    return in[w + 1].present() ? g.add(p, g.gather(in[w + 1], id)) : p;
  };
  Tensor each = g.reshape(in[0], {T, 1, s.hidden});
  Tensor h = gate_experts(g, project(each, 3), project(each, 5), s);
  Tensor sum = g.mul(project(h, 7), g.reshape(weight, {T, s.chosen, 1}));  // [T, J, hidden]
  return {g.reshape(g.reduce(sdk::Reduce::kSum, sum, 1), {T, s.hidden})};
}

/// x: [T, hidden] -> [T, hidden]. Parameters under `scope`: gate, experts.{gate,up,down}_proj [experts, out, in],
/// shared_expert, shared_expert_gate.
WEFT_SDK_INLINE Tensor moe(const Scope& scope, Tensor x, const MoeShape& s) {
  Graph& g = scope.graph();
  const Scope router = scope / "gate", experts = scope / "experts";
  std::vector<Tensor> in{
      x, router.param("weight", {s.experts, s.hidden}), s.bias ? router.param("bias", {s.experts}) : Tensor{}};
  for (const auto& [name, out, width] : {std::tuple{"gate_proj", s.inner, s.hidden}, {"up_proj", s.inner, s.hidden},
           {"down_proj", s.hidden, s.inner}}) {
    in.push_back((experts / name).param("weight", {s.experts, out, width}));
    in.push_back(s.bias ? (experts / name).param("bias", {s.experts, out}) : Tensor{});
  }
  in.push_back(s.correction ? router.param("e_score_correction_bias", {s.experts}) : Tensor{});
  std::vector<Attr> attrs{Attr::i64("chosen", s.chosen), Attr::i64("renormalise", s.renormalise),
      Attr::text("activation", activation_name(s.activation))};
  if (s.sigmoid) attrs.push_back(Attr::i64("sigmoid", 1));
  if (s.chosen_groups < s.groups) attrs.push_back(Attr::ints("groups", {s.groups, s.chosen_groups, s.group_best}));
  if (s.scale != 1) attrs.push_back(Attr::f64("scale", s.scale));
  if (s.limit > 0) attrs.push_back(Attr::f64("limit", s.limit));
  Tensor y = g.composite("moe", 1, in, attrs, moe_body)[0];
  if (s.shared_inner == 0) return y;
  Tensor shared = gated_mlp(scope / "shared_expert", x, s.hidden, s.shared_inner, s.activation, false);
  if (s.shared_gate) shared = g.mul(shared, g.sigmoid(linear(scope / "shared_expert_gate", x, s.hidden, 1, false)));
  return g.add(y, shared);
}

}  // namespace weft::blocks
