// MLPs: down(act(up(x))), and gated (Shazeer 2020): down(act(gate(x)) * up(x)).
#pragma once

#include <string>

#include "weft/blocks/linear.hpp"
#include "weft/sdk/config.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// The activations that are implemented.
enum class Activation { kSilu, kGelu, kGeluTanh, kRelu, kQuickGelu };

/// The activation that a config names as transformers does; an unknown name is refused.
WEFT_SDK_INLINE Activation read_activation(sdk::Config& config, std::string_view key,
                                  std::string_view fallback) {
  const std::string name = config.text_or(key, fallback);
  if (name == "silu" || name == "swish") return Activation::kSilu;
  if (name == "gelu" || name == "gelu_python") return Activation::kGelu;
  for (std::string_view tanh : {"gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate", "gelu_python_tanh"}) {
    if (name == tanh) return Activation::kGeluTanh;
  }
  if (name == "relu") return Activation::kRelu;
  if (name == "quick_gelu") return Activation::kQuickGelu;
  sdk::refuse(config.at(key) + " is \"" + name + "\", expected silu, gelu, gelu_new, "
              "gelu_pytorch_tanh, quick_gelu or relu");
}

WEFT_SDK_INLINE std::string activation_name(Activation a) {
  switch (a) {
    case Activation::kSilu: return "silu";
    case Activation::kGelu: return "gelu";
    case Activation::kGeluTanh: return "gelu_tanh";
    case Activation::kRelu: return "relu";
    case Activation::kQuickGelu: return "quick_gelu";
  }
  return "";
}

/// Writes the activation from primitives, on x of the given rank.
WEFT_SDK_INLINE sdk::Tensor activation_body(sdk::Graph& g, Activation a, sdk::Tensor x, std::size_t rank) {
  auto scalar = [&](float v) { return g.scalar(v, rank); };
  switch (a) {
    case Activation::kSilu: return g.mul(x, g.sigmoid(x));
    case Activation::kGelu:  // x/2 (1 + erf(x / sqrt 2))
      return g.mul(g.mul(x, scalar(0.5f)), g.add(g.erf(g.mul(x, scalar(0.70710678f))), scalar(1)));
    case Activation::kGeluTanh: {  // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
      sdk::Tensor cube = g.mul(g.mul(x, x), g.mul(x, scalar(0.044715f)));
      sdk::Tensor t = g.tanh(g.mul(g.add(x, cube), scalar(0.79788456f)));
      return g.mul(g.mul(x, scalar(0.5f)), g.add(t, scalar(1)));
    }
    case Activation::kRelu: return g.max(x, scalar(0));
    case Activation::kQuickGelu: return g.mul(x, g.sigmoid(g.mul(x, scalar(1.702f))));
  }
  return x;
}

/// Applies the activation to each element of x, of any shape.
WEFT_SDK_INLINE sdk::Tensor activate(sdk::Graph& g, Activation a, sdk::Tensor x) {
  return g.composite("activation", 1, {x}, {sdk::Attr::text("kind", activation_name(a))},
                     [&](const std::vector<sdk::Tensor>& in) {
                       return std::vector<sdk::Tensor>{activation_body(g, a, in[0], g.dims(in[0]).size())};
                     })[0];
}

/// The plain MLP. x: [T, hidden] -> [T, hidden]. Parameters under `scope`: {up,down}_proj.
WEFT_SDK_INLINE sdk::Tensor plain_mlp(
    const sdk::Scope& scope, sdk::Tensor x, int64_t hidden, int64_t inner, Activation a, bool bias) {
  sdk::Tensor h = activate(scope.graph(), a, linear(scope / "up_proj", x, hidden, inner, bias));
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
