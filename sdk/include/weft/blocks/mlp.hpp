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

/// The body of gated_mlp.
WEFT_SDK_INLINE std::vector<sdk::Tensor> gated_mlp_body(sdk::Graph& g, const std::vector<sdk::Tensor>& in,
                                                        const sdk::Attributes& attrs) {
  const auto affine = [&](sdk::Tensor y, sdk::Tensor w, sdk::Tensor b) {
    y = g.matmul(y, w, true);
    return b.present() ? g.add(y, g.reshape(b, {1, g.dims(b)[0]})) : y;
  };
  sdk::Tensor gate = activate(g, activation_of(attrs.text("kind")), affine(in[0], in[1], in[4]));
  sdk::Tensor up = affine(in[0], in[2], in[5]);
  return {affine(g.mul(gate, up), in[3], in[6])};
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
  return g.composite("gated_mlp", 1, in, {sdk::Attr::text("kind", activation_name(a))}, gated_mlp_body)[0];
}

}  // namespace weft::blocks
