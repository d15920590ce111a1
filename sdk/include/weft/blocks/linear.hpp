// Affine maps with weights as checkpoints store them: [out, in].
#pragma once

#include <optional>

#include "weft/blocks/activation.hpp"
#include "weft/sdk/graph.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// The body of linear.
WEFT_SDK_INLINE std::vector<sdk::Tensor> linear_body(sdk::Graph& g, const std::vector<sdk::Tensor>& in,
                                                     const sdk::Attributes& attrs) {
  sdk::Tensor y = g.matmul(in[0], in[1], true);
  if (in[2].present()) y = g.add(y, g.reshape(in[2], {1, g.dims(in[2])[0]}));
  return {attrs.has("kind") ? activate(g, activation_of(attrs.text("kind")), y) : y};
}

/// x: [T, in] -> activation(x w' + b), [T, out]. Parameters `weight` w [out, in] and, if asked for, `bias` b [out].
/// With a bias or an activation it is the composite "linear" of x, w and b, which may be absent; else a product alone.
WEFT_SDK_INLINE sdk::Tensor linear(const sdk::Scope& scope, sdk::Tensor x, int64_t in, int64_t out,
                          bool bias, std::optional<Activation> activation = {}) {
  sdk::Graph& g = scope.graph();
  sdk::Tensor w = scope.param("weight", {out, in});
  if (!bias && !activation) return g.matmul(x, w, true);
  std::vector<sdk::Attr> attrs;
  if (activation) attrs.push_back(sdk::Attr::text("kind", activation_name(*activation)));
  return g.composite("linear", 1, {x, w, bias ? scope.param("bias", {out}) : sdk::Tensor{}}, attrs, linear_body)[0];
}

}  // namespace weft::blocks
