// The layers of Mamba (Gu and Dao 2023) and of Mamba-2 (Dao and Gu 2024).
#pragma once

#include <limits>
#include <string>

#include "weft/blocks/mlp.hpp"
#include "weft/blocks/ssm.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

struct MambaShape {
  int64_t hidden = 0, inner = 0, states = 0, kernel = 4;
  int64_t rank = 0;  // Mamba: the width that time steps are projected from
  int64_t heads = 0, head_dim = 0, groups = 1;                          // Mamba-2: inner = heads * head_dim
  double dt_min = 0, dt_max = std::numeric_limits<double>::infinity();  // Mamba-2: time steps are clamped to these
  bool bias = false, conv_bias = true;
  Activation activation = Activation::kSilu;  // of the convolution; gates are always silu
  Norm norm;  // Mamba-2: of the gated result, each group by itself; Mamba: its eps is that of the inner norms
  enum InnerNorms { kNone, kPlain, kWeighted } inner_norms = kNone;  // Mamba: norms of time steps, b and c
  bool log_decay = true;  // parameter A_log, and the decay is -exp(A_log); false: parameter A
};

/// The decay rate of each state, negative: [inner, states] for Mamba, [heads, 1] for Mamba-2.
WEFT_SDK_INLINE Tensor mamba_decay(const Scope& scope, const MambaShape& s, const Dims& stored, const Dims& dims) {
  Graph& g = scope.graph();
  if (!s.log_decay) return g.reshape(scope.param("A", stored), dims);
  return g.reshape(g.mul(g.exp(scope.param("A_log", stored)), g.scalar(-1, stored.size())), dims);
}

/// rms_norm with a weight of ones.
WEFT_SDK_INLINE Tensor plain_rms_norm(Graph& g, Tensor x, double eps) {
  const int64_t width = g.dims(x).back();
  return rms_norm(g, x, g.broadcast(g.scalar(1, 1), {width}), eps);
}

WEFT_SDK_INLINE Tensor mamba_conv(
    const Step& step, const Scope& scope, const std::string& name, Tensor x, int64_t channels, const MambaShape& s) {
  const Scope conv = scope / "conv1d";
  Tensor bias = s.conv_bias ? conv.param("bias", {channels}) : Tensor{};
  return activate(scope.graph(), s.activation,
      causal_conv(step, name + ".conv", x, conv.param("weight", {channels, s.kernel}), bias));
}

/// Mamba's layer. x: [T, hidden] -> [T, hidden]. Parameters under `scope`: in_proj, conv1d [inner, kernel], x_proj,
/// dt_proj, A_log or A, D, out_proj, {dt,b,c}_layernorm. States: "<name>.conv" and "<name>.ssm".
WEFT_SDK_INLINE Tensor mamba(
    const Step& step, const Scope& scope, const std::string& name, Tensor x, const MambaShape& s) {
  Graph& g = scope.graph();
  const Dim T = step.axis.T;
  Tensor both = linear(scope / "in_proj", x, s.hidden, 2 * s.inner, s.bias);
  Tensor gate = g.slice(both, 1, s.inner, s.inner);
  Tensor u = mamba_conv(step, scope, name, g.slice(both, 1, 0, s.inner), s.inner, s);
  Tensor made = linear(scope / "x_proj", u, s.inner, s.rank + 2 * s.states, false);
  const auto part = [&](const char* which, int64_t start, int64_t size) {
    Tensor y = g.slice(made, 1, start, size);
    if (s.inner_norms == MambaShape::kNone) return y;
    if (s.inner_norms == MambaShape::kWeighted) return norm(scope / which, y, s.norm);
    return plain_rms_norm(g, y, s.norm.eps);
  };
  Tensor dt = softplus(g, linear(scope / "dt_proj", part("dt_layernorm", 0, s.rank), s.rank, s.inner, true));
  Tensor b = part("b_layernorm", s.rank, s.states), c = part("c_layernorm", s.rank + s.states, s.states);
  Tensor y = selective_scan(step, name + ".ssm",
      {g.reshape(u, {T, s.inner, 1}), dt, mamba_decay(scope, s, {s.inner, s.states}, {s.inner, s.states}),
          g.reshape(b, {T, 1, s.states}), g.reshape(c, {T, 1, s.states}), scope.param("D", {s.inner})});
  y = g.mul(g.reshape(y, {T, s.inner}), activate(g, Activation::kSilu, gate));
  return linear(scope / "out_proj", y, s.inner, s.hidden, s.bias);
}

/// Mamba-2's layer. x: [T, hidden] -> [T, hidden]. Parameters under `scope`: in_proj, conv1d [inner + 2 groups states,
/// kernel], dt_bias, A_log or A, D, norm, out_proj. States: "<name>.conv" and "<name>.ssm".
WEFT_SDK_INLINE Tensor mamba2(
    const Step& step, const Scope& scope, const std::string& name, Tensor x, const MambaShape& s) {
  Graph& g = scope.graph();
  const Dim T = step.axis.T;
  const int64_t shared = s.groups * s.states, channels = s.inner + 2 * shared;
  Tensor all = linear(scope / "in_proj", x, s.hidden, s.inner + channels + s.heads, s.bias);
  Tensor u = mamba_conv(step, scope, name, g.slice(all, 1, s.inner, channels), channels, s);
  Tensor dt = softplus(g, g.add(g.slice(all, 1, s.inner + channels, s.heads),
                              g.reshape(scope.param("dt_bias", {s.heads}), {1, s.heads})));
  if (s.dt_min > 0) dt = g.max(dt, g.scalar(static_cast<float>(s.dt_min), 2));
  if (std::isfinite(s.dt_max)) dt = g.min(dt, g.scalar(static_cast<float>(s.dt_max), 2));
  Tensor y = selective_scan(step, name + ".ssm",
      {g.reshape(g.slice(u, 1, 0, s.inner), {T, s.heads, s.head_dim}), dt,
          mamba_decay(scope, s, {s.heads}, {s.heads, 1}),
          g.reshape(g.slice(u, 1, s.inner, shared), {T, s.groups, s.states}),
          g.reshape(g.slice(u, 1, s.inner + shared, shared), {T, s.groups, s.states}), scope.param("D", {s.heads})});
  y = g.mul(g.reshape(y, {T, s.inner}), activate(g, Activation::kSilu, g.slice(all, 1, 0, s.inner)));
  const int64_t width = s.inner / s.groups;
  y = g.reshape(plain_rms_norm(g, g.reshape(y, {T, s.groups, width}), s.norm.eps), {T, s.inner});
  y = g.mul(y, g.reshape((scope / "norm").param("weight", {s.inner}), {1, s.inner}));
  return linear(scope / "out_proj", y, s.inner, s.hidden, s.bias);
}

}  // namespace weft::blocks
