// MLPs: down(act(up(x))), and gated (Shazeer 2020): down(act(gate(x)) * up(x)).
#pragma once

#include <string>

#include "weft/blocks/linear.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// The plain MLP. x: [T, hidden] -> [T, hidden]. Parameters under `scope`: {up,down}_proj.
WEFT_SDK_INLINE sdk::Tensor plain_mlp(
    const sdk::Scope& scope, sdk::Tensor x, int64_t hidden, int64_t inner, Activation a, bool bias) {
  sdk::Tensor h = linear(scope / "up_proj", x, hidden, inner, bias, a);
  return linear(scope / "down_proj", h, inner, hidden, bias);
}

/// The gated MLP. x: [T, hidden] -> [T, hidden]. Parameters under `scope`: {gate,up,down}_proj.
WEFT_SDK_INLINE sdk::Tensor gated_mlp(const sdk::Scope& scope, sdk::Tensor x, int64_t hidden,
                             int64_t inner, Activation a, bool bias) {
  using sdk::Tensor;
  sdk::Graph& g = scope.graph();
  auto weight = [&](std::string_view name, int64_t out, int64_t in) {
    return (scope / name).param("weight", {out, in});
  };
  auto bias_of = [&](std::string_view name, int64_t out) {
    return bias ? (scope / name).param("bias", {out}) : Tensor{};
  };
  std::vector<Tensor> in{x,
                         weight("gate_proj", inner, hidden),
                         weight("up_proj", inner, hidden),
                         weight("down_proj", hidden, inner),
                         bias_of("gate_proj", inner),
                         bias_of("up_proj", inner),
                         bias_of("down_proj", hidden)};
  auto affine = [&](Tensor y, Tensor w, Tensor b, int64_t out) {
    y = g.matmul(y, w, true);
    return b.present() ? g.add(y, g.reshape(b, {1, out})) : y;
  };
  return g.composite("gated_mlp", 1, in, {sdk::Attr::text("kind", activation_name(a))},
                     [&](const std::vector<Tensor>& v) {
                       Tensor gate = activate(g, a, affine(v[0], v[1], v[4], inner));
                       Tensor up = affine(v[0], v[2], v[5], inner);
                       return std::vector<Tensor>{affine(g.mul(gate, up), v[3], v[6], hidden)};
                     })[0];
}

}  // namespace weft::blocks
