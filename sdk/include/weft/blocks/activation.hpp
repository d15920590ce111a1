// The activations that families name.
#pragma once

#include <string>

#include "weft/sdk/config.hpp"
#include "weft/sdk/graph.hpp"
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

/// The activation of this name.
WEFT_SDK_INLINE Activation activation_of(std::string_view name) {
  for (Activation a : {Activation::kSilu, Activation::kGelu, Activation::kGeluTanh, Activation::kRelu,
                       Activation::kQuickGelu}) {
    if (activation_name(a) == name) return a;
  }
  sdk::refuse("there is no activation \"" + std::string(name) + "\"");
}

/// Writes the activation from primitives, on x of the given rank.
WEFT_SDK_INLINE sdk::Tensor activated(sdk::Graph& g, Activation a, sdk::Tensor x, std::size_t rank) {
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

/// The body of activation.
WEFT_SDK_INLINE std::vector<sdk::Tensor> activation_body(sdk::Graph& g, const std::vector<sdk::Tensor>& in,
                                                         const sdk::Attributes& attrs) {
  return {activated(g, activation_of(attrs.text("kind")), in[0], g.dims(in[0]).size())};
}

/// Applies the activation to each element of x, of any shape.
WEFT_SDK_INLINE sdk::Tensor activate(sdk::Graph& g, Activation a, sdk::Tensor x) {
  return g.composite("activation", 1, {x}, {sdk::Attr::text("kind", activation_name(a))}, activation_body)[0];
}

}  // namespace weft::blocks
