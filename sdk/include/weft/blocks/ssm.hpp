// State space layers and causal convolutions, of whose states each sequence keeps one: composites and their bodies.
#pragma once

#include "weft/blocks/linear.hpp"
#include "weft/blocks/norm.hpp"
#include "weft/blocks/step.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// The group of a composite's inputs, as Graph::scan takes it.
WEFT_SDK_INLINE weft_group group_of(Tensor slot_in, Tensor slot) {
  weft_group group{};
  group.slot_in = slot_in.id, group.slot = slot.id;
  return group;
}

/// The body of causal_conv.
WEFT_SDK_INLINE std::vector<Tensor> causal_conv_body(Graph& g, const std::vector<Tensor>& in, const Attributes&) {
  const Dims d = g.dims(in[1]);
  const int64_t C = d[0], K = d[1];
  Tensor taps = g.transpose(in[1], {1, 0});  // [K, C]
  Tensor y = g.scan(group_of(in[4], in[5]), in[6], {in[3]}, {in[0]}, {taps}, false, [&](const std::vector<Tensor>& v) {
    Tensor window = g.concat({v[0], g.reshape(v[1], {1, C})}, 0);  // [K, C]
    Tensor sum = g.reduce(sdk::Reduce::kSum, g.mul(window, v[2]), 0);
    return std::vector<Tensor>{g.slice(window, 0, 1, K - 1), g.reshape(sum, {C})};
  })[1];
  if (in[2].present()) y = g.add(y, g.reshape(in[2], {1, C}));
  return {y};
}

/// y[t] = bias + sum over k of weight[:, k] * x[t - K + 1 + k], within the sequence of token t; before its start x is
/// 0. x: [T, C]; weight: [C, K]; bias: [C], or absent. The state `name` [K - 1, C] holds the last rows of x.
WEFT_SDK_INLINE Tensor causal_conv(const Step& step, const std::string& name, Tensor x, Tensor weight, Tensor bias) {
  Graph& g = *step.graph;
  const Dims d = g.dims(weight);
  const int64_t C = d[0], K = d[1];
  Tensor state = g.state(name, step.kept.id, {K - 1, C}, 0, true);
  const weft_group& group = step.kept.group;
  return g.composite("causal_conv", 1, {x, weight, bias, state, {group.slot_in}, {group.slot}, step.axis.seq_start},
      {}, causal_conv_body)[0];
}

/// For each token the row of x [T, C] of the token before it in its sequence; zeros for the first token.
WEFT_SDK_INLINE Tensor previous_token(const Step& step, const std::string& name, Tensor x) {
  Graph& g = *step.graph;
  const int64_t C = g.dims(x)[1];
  Tensor taps = g.broadcast(g.constant(std::vector<float>{1, 0}, {1, 2}), {C, 2});
  return causal_conv(step, name, x, taps, {});
}

/// A gated short convolution (LFM2, Liquid AI 2025). x: [T, hidden] -> [T, hidden]. Parameters under `scope`: in_proj
/// (two gates and the value between them), conv [hidden, kernel], out_proj. State: "<name>.conv".
WEFT_SDK_INLINE Tensor short_conv(const Step& step, const Scope& scope, const std::string& name, Tensor x,
    int64_t hidden, int64_t kernel, bool bias) {
  Graph& g = scope.graph();
  Tensor all = linear(scope / "in_proj", x, hidden, 3 * hidden, bias);
  const auto third = [&](int64_t i) { return g.slice(all, 1, i * hidden, hidden); };
  const Scope conv = scope / "conv";
  Tensor y = causal_conv(step, name + ".conv", g.mul(third(0), third(2)), conv.param("weight", {hidden, kernel}),
      bias ? conv.param("bias", {hidden}) : Tensor{});
  return linear(scope / "out_proj", g.mul(third(1), y), hidden, hidden, bias);
}

/// The body of selective_scan.
WEFT_SDK_INLINE std::vector<Tensor> selective_scan_body(Graph& g, const std::vector<Tensor>& in, const Attributes&) {
  const Dims x = g.dims(in[0]), a = g.dims(in[2]), b = g.dims(in[3]);
  const int64_t H = x[1], P = x[2], G = b[1], N = b[2], each = sdk::each_of(G, H);
  Tensor y = g.scan(group_of(in[7], in[8]), in[9], {in[6]}, {in[0], in[1], in[3], in[4]}, {in[2]}, false,
      [&](const std::vector<Tensor>& v) {
        Tensor dt = g.reshape(v[2], {H, 1});
        Tensor decay = g.reshape(g.exp(g.mul(dt, v[5])), {G, each, 1, a[1]});
        Tensor input = g.mul(g.reshape(g.mul(v[1], dt), {G, each, P, 1}), g.reshape(v[3], {G, 1, 1, N}));
        Tensor h = g.add(g.mul(g.reshape(v[0], {G, each, P, N}), decay), input);
        Tensor read = g.reduce(sdk::Reduce::kSum, g.mul(h, g.reshape(v[4], {G, 1, 1, N})), 3);
        return std::vector<Tensor>{g.reshape(h, {H, P, N}), g.reshape(read, {H, P})};
      })[1];
  if (in[5].present()) y = g.add(y, g.mul(in[0], g.reshape(in[5], {1, H, 1})));
  return {y};
}

/// The inputs of a selective scan (Gu and Dao 2023; Dao and Gu 2024): H heads of P channels, each with N states. The H
/// / G adjacent heads of a group share b and c.
struct SelectiveScan {
  Tensor x;     // [T, H, P]
  Tensor dt;    // [T, H], positive
  Tensor a;     // [H, N], negative; or [H, 1]: one decay for all states
  Tensor b, c;  // [T, G, N]
  Tensor d;     // [H]: how much of x is added to the result; or absent
};

/// h[t] = exp(dt[t] a) h[t-1] + dt[t] x[t] b[t], y[t] = c[t] h[t] + d x[t]. Returns y [T, H, P]; the state `name` is h
/// [H, P, N].
WEFT_SDK_INLINE Tensor selective_scan(const Step& step, const std::string& name, const SelectiveScan& s) {
  Graph& g = *step.graph;
  const Dims x = g.dims(s.x), b = g.dims(s.b);
  Tensor state = g.state(name, step.kept.id, {x[1], x[2], b[2]}, 0, true);
  const weft_group& group = step.kept.group;
  return g.composite("selective_scan", 1,
      {s.x, s.dt, s.a, s.b, s.c, s.d, state, {group.slot_in}, {group.slot}, step.axis.seq_start}, {},
      selective_scan_body)[0];
}

/// The body of weighted_mean.
WEFT_SDK_INLINE std::vector<Tensor> weighted_mean_body(Graph& g, const std::vector<Tensor>& outer, const Attributes&) {
  const std::vector<Tensor> carries(outer.begin() + 4, outer.begin() + 7);
  return {g.scan(group_of(outer[7], outer[8]), outer[9], carries, {outer[0], outer[1]}, {outer[2], outer[3]}, false,
      [&](const std::vector<Tensor>& in) {
        // Numerator, denominator and top with the current token.
        const auto joined = [&](Tensor before, Tensor key) {
          Tensor top = g.max(before, key), old = g.exp(g.sub(before, top)), fresh = g.exp(g.sub(key, top));
          return std::vector<Tensor>{
              g.add(g.mul(old, in[0]), g.mul(fresh, in[4])), g.add(g.mul(old, in[1]), fresh), top};
        };
        std::vector<Tensor> kept = joined(g.add(in[2], in[5]), in[3]);
        const std::vector<Tensor> read = joined(in[2], g.add(in[3], in[6]));
        kept.push_back(g.div(read[0], read[1]));
        return kept;
      })[3]};
}

/// The mean of v over all tokens so far (RWKV, Peng et al. 2023). A token's weight is e^k, which fades by e^decay with
/// each token after it; the current token's weight is e^(k + first). k, v: [T, A]; decay (negative) and first: [A].
/// Returns [T, A]. The states "<name>.sum" and "<name>.weight" [A] are the mean's numerator and denominator, divided by
/// e^top; top is the state "<name>.top".
WEFT_SDK_INLINE Tensor weighted_mean(
    const Step& step, const std::string& name, Tensor k, Tensor v, Tensor decay, Tensor first) {
  Graph& g = *step.graph;
  const int64_t A = g.dims(k)[1];
  const auto state = [&](const char* what, double fill) {
    return g.state(name + what, step.kept.id, {A}, fill, true);
  };
  const weft_group& group = step.kept.group;
  return g.composite("weighted_mean", 1,
      {k, v, decay, first, state(".sum", 0), state(".weight", 0), state(".top", -1e38), {group.slot_in}, {group.slot},
          step.axis.seq_start},
      {}, weighted_mean_body)[0];
}

/// log(1 + e^x), elementwise.
WEFT_SDK_INLINE Tensor softplus(Graph& g, Tensor x) {
  const std::size_t rank = g.dims(x).size();
  Tensor minus = g.mul(x, g.scalar(-1, rank));
  return g.add(g.max(x, g.scalar(0, rank)), g.unary("log1p", g.exp(g.min(x, minus))));
}

}  // namespace weft::blocks
