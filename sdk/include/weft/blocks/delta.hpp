// Gated delta networks (Yang et al. 2024): linear attention whose state decays, and which writes the difference to what
// the state already gives for a key.
#pragma once

#include <cmath>

#include "weft/blocks/mlp.hpp"
#include "weft/blocks/ssm.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// The body of gated_delta.
WEFT_SDK_INLINE std::vector<Tensor> gated_delta_body(Graph& g, const std::vector<Tensor>& in, const Attributes&) {
  const Dims kd = g.dims(in[1]), vd = g.dims(in[2]);
  const int64_t G = kd[1], K = kd[2], H = vd[1], V = vd[2], each = sdk::each_of(G, H);
  return {g.scan(group_of(in[6], in[7]), in[8], {in[5]}, {in[0], in[1], in[2], in[3], in[4]}, {}, false,
      [&](const std::vector<Tensor>& t) {
        const auto read = [&](Tensor h, Tensor by) {
          return g.reduce(sdk::Reduce::kSum, g.mul(h, g.reshape(by, {G, 1, K, 1})), 2);
        };
        const auto of_head = [&](Tensor x) { return g.reshape(x, {G, each, 1, 1}); };
        Tensor h = g.mul(g.reshape(t[0], {G, each, K, V}), g.exp(of_head(t[4])));
        Tensor delta = g.mul(g.sub(g.reshape(t[3], {G, each, 1, V}), read(h, t[2])), of_head(t[5]));
        h = g.add(h, g.mul(g.reshape(t[2], {G, 1, K, 1}), delta));
        return std::vector<Tensor>{g.reshape(h, {H, K, V}), g.reshape(read(h, t[1]), {H, V})};
      })[1]};
}

/// For each of H heads with a state h [K, V]: h = h e^decay; h = h + k (beta (v - k h)); y = q h. q, k: [T, G, K], each
/// shared by H / G adjacent heads; v: [T, H, V]; decay (negative) and beta: [T, H]. Returns y [T, H, V]; the state
/// `name` is h [H, K, V].
WEFT_SDK_INLINE Tensor gated_delta(
    const Step& step, const std::string& name, Tensor q, Tensor k, Tensor v, Tensor decay, Tensor beta) {
  Graph& g = *step.graph;
  const Dims vd = g.dims(v);
  Tensor state = g.state(name, step.kept.id, {vd[1], g.dims(k)[2], vd[2]}, 0, true);
  const weft_group& group = step.kept.group;
  return g.composite("gated_delta", 1,
      {q, k, v, decay, beta, state, {group.slot_in}, {group.slot}, step.axis.seq_start}, {}, gated_delta_body)[0];
}

struct DeltaShape {
  int64_t hidden = 0, key_heads = 0, key_dim = 0, value_heads = 0, value_dim = 0, kernel = 4;
  Activation activation = Activation::kSilu;  // of the convolution
  Norm norm;                                  // of the heads' outputs, each head by itself
};

/// x / |x| over the last axis of [T, H, D].
WEFT_SDK_INLINE Tensor unit_length(Graph& g, Tensor x) {
  Tensor squares = g.reduce(sdk::Reduce::kSum, g.mul(x, x), 2);
  return g.mul(x, g.rsqrt(g.add(squares, g.scalar(1e-6f, 3))));
}

/// x: [T, hidden] -> [T, hidden]. Parameters under `scope`: in_proj_qkvz and in_proj_ba, whose rows are grouped by key
/// head (the key head's own rows, then those of its value heads); conv1d [channels, kernel], A_log, dt_bias, norm,
/// out_proj. States: "<name>.conv" and "<name>.delta".
WEFT_SDK_INLINE Tensor delta_net(
    const Step& step, const Scope& scope, const std::string& name, Tensor x, const DeltaShape& s) {
  Graph& g = scope.graph();
  const Dim T = step.axis.T;
  const int64_t G = s.key_heads, K = s.key_dim, H = s.value_heads, V = s.value_dim, each = H / G * V, keys = G * K,
                values = H * V;
  Tensor all =
      g.reshape(linear(scope / "in_proj_qkvz", x, s.hidden, 2 * (keys + values), false), {T, G, 2 * (K + each)});
  Tensor gates = g.reshape(linear(scope / "in_proj_ba", x, s.hidden, 2 * H, false), {T, G, 2 * (H / G)});
  const auto part = [&](Tensor of, int64_t start, int64_t size) {
    return g.reshape(g.slice(of, 2, start, size), {T, G * size});
  };
  Tensor u = g.concat({part(all, 0, K), part(all, K, K), part(all, 2 * K, each)}, 1);
  u = activate(g, s.activation,
      causal_conv(step, name + ".conv", u, (scope / "conv1d").param("weight", {2 * keys + values, s.kernel}), {}));
  const auto heads = [&](int64_t start, int64_t count, int64_t dim) {
    return g.reshape(g.slice(u, 1, start, count * dim), {T, count, dim});
  };
  Tensor q =
      g.mul(unit_length(g, heads(0, G, K)), g.scalar(static_cast<float>(1 / std::sqrt(static_cast<double>(K))), 3));
  Tensor k = unit_length(g, heads(keys, G, K));
  Tensor a = g.mul(g.exp(scope.param("A_log", {H})), g.scalar(-1, 1));
  Tensor dt = softplus(g, g.add(part(gates, H / G, H / G), g.reshape(scope.param("dt_bias", {H}), {1, H})));
  Tensor y = gated_delta(step, name + ".delta", q, k, heads(2 * keys, H, V), g.mul(dt, g.reshape(a, {1, H})),
      g.sigmoid(part(gates, 0, H / G)));
  Tensor gate = activate(g, Activation::kSilu, part(all, 2 * K + each, each));
  y = g.mul(g.reshape(norm(scope / "norm", y, s.norm), {T, values}), gate);
  return linear(scope / "out_proj", y, values, s.hidden, false);
}

}  // namespace weft::blocks
