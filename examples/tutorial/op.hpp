// An op of our own: squared_relu(x) = max(x, 0)^2 of each element.
#pragma once

#include <weft/sdk/graph.hpp>

namespace tutorial {

constexpr std::string_view kSquaredRelu = "com.example.squared_relu";

/// What the op is, written in ops of weft: any backend can run this.
inline std::vector<weft::sdk::Tensor> squared_relu_body(weft::sdk::Graph& g, const std::vector<weft::sdk::Tensor>& in,
                                                        const weft::sdk::Attributes&) {
  const weft::sdk::Tensor positive = g.max(in[0], g.scalar(0, g.dims(in[0]).size()));
  return {g.mul(positive, positive)};
}

/// Writes a node of the op. x: f32 of any shape; the result has the same.
inline weft::sdk::Tensor squared_relu(weft::sdk::Graph& g, weft::sdk::Tensor x) {
  return g.composite(kSquaredRelu, 1, {x}, {}, squared_relu_body)[0];
}

}  // namespace tutorial
