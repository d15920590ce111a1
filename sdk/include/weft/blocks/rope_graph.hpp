// Rope in the graph: the angles once a step, the rotation per layer.
#pragma once

#include "weft/blocks/rope.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

WEFT_SDK_INLINE RopeAngles rope_angles(sdk::Graph& g, const TokenAxis& axis, const Rope& rope,
                              sdk::Tensor lengths) {
  using sdk::Tensor;
  const int64_t pairs = rope.rotated / 2;
  auto column = [&](Tensor x) { return g.cast(g.reshape(x, {axis.T, 1}), WEFT_F32); };  // [T,1]
  const auto divided = [&](Tensor x, const std::string& by) {
    return by.empty() ? x : g.div(x, g.reshape(g.param(by, {pairs}), {1, pairs}));
  };
  const Tensor base = g.constant(rope.frequencies, {1, pairs});
  Tensor frequency = divided(base, rope.divisors);
  if (rope.dynamic) {
    // base' = theta * (factor * L / C - (factor - 1))^(d / (d - 2)), L = max(length, C); so each
    // frequency i gets the further factor (...)^(-2i / (d - 2)).
    const auto& d = *rope.dynamic;
    Tensor length = column(g.gather(lengths, axis.token_seq));
    length = g.max(length, g.scalar(static_cast<float>(d.context), 2));
    Tensor growth = g.sub(g.mul(length, g.scalar(static_cast<float>(d.factor / d.context), 2)),
                          g.scalar(static_cast<float>(d.factor - 1), 2));  // [T,1]
    std::vector<float> exponent(static_cast<std::size_t>(pairs), 0.0f);
    for (std::size_t i = 0; i < exponent.size() && rope.rotated > 2; ++i) {
      exponent[i] = static_cast<float>(-2.0 * static_cast<double>(i) / static_cast<double>(rope.rotated - 2));
    }
    frequency = g.mul(frequency, g.pow(growth, g.constant(exponent, {1, pairs})));  // [T, pairs]
  } else if (!rope.long_frequencies.empty() || !rope.long_divisors.empty()) {
    Tensor length = g.reshape(g.gather(lengths, axis.token_seq), {axis.T, 1});
    Tensor beyond = g.compare(sdk::Compare::kGt, length,
                              g.scalar_i32(static_cast<int32_t>(rope.original_context), 2));
    const Tensor far =
        rope.long_divisors.empty() ? g.constant(rope.long_frequencies, {1, pairs}) : divided(base, rope.long_divisors);
    frequency = g.select(beyond, far, frequency);
  }
  Tensor angle = g.mul(column(axis.positions), frequency);  // [T, pairs]
  RopeAngles angles{g.cos(angle), g.sin(angle)};
  if (rope.attention_factor != 1) {
    angles.cos = g.mul(angles.cos, g.scalar(rope.attention_factor, 2));
    angles.sin = g.mul(angles.sin, g.scalar(rope.attention_factor, 2));
  }
  return angles;
}

/// The body of rope.
WEFT_SDK_INLINE std::vector<sdk::Tensor> rope_body(sdk::Graph& g, const std::vector<sdk::Tensor>& in,
                                                   const sdk::Attributes& attrs) {
  using sdk::Tensor;
  const sdk::Dims d = g.dims(in[0]);  // T, H, D
  const int64_t half = g.dims(in[1])[1], rotated = 2 * half;
  const bool interleaved = attrs.flag("interleaved");
  Tensor c = g.reshape(in[1], {d[0], 1, half}), s = g.reshape(in[2], {d[0], 1, half});
  Tensor first, second;  // [T, H, half]
  if (interleaved) {
    Tensor head = g.slice(in[0], 2, 0, rotated);
    Tensor pairs = g.reshape(head, {d[0], d[1], half, 2});
    first = g.reshape(g.slice(pairs, 3, 0, 1), {d[0], d[1], half});
    second = g.reshape(g.slice(pairs, 3, 1, 1), {d[0], d[1], half});
  } else {
    first = g.slice(in[0], 2, 0, half);
    second = g.slice(in[0], 2, half, half);
  }
  Tensor a = g.sub(g.mul(first, c), g.mul(second, s));
  Tensor b = g.add(g.mul(second, c), g.mul(first, s));
  std::vector<Tensor> parts{a, b};
  if (interleaved) {
    sdk::Dims column{d[0], d[1], half, 1};
    Tensor zipped = g.concat({g.reshape(a, column), g.reshape(b, column)}, 3);
    parts = {g.reshape(zipped, {d[0], d[1], rotated})};
  }
  if (d[2] > rotated) parts.push_back(g.slice(in[0], 2, rotated, d[2] - rotated));
  return {parts.size() == 1 ? parts[0] : g.concat(parts, 2)};
}

WEFT_SDK_INLINE sdk::Tensor apply_rope(sdk::Graph& g, sdk::Tensor x, const RopeAngles& angles,
                              const Rope& rope) {
  std::vector<sdk::Attr> attrs;
  if (rope.interleaved) attrs.push_back(sdk::Attr::i64("interleaved", 1));
  return g.composite("rope", 1, {x, angles.cos, angles.sin}, attrs, rope_body)[0];
}

}  // namespace weft::blocks
