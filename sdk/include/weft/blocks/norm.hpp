// Normalisation blocks.
#pragma once

#include "weft/sdk/graph.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

using sdk::Attr;
using sdk::Dim;
using sdk::Dims;
using sdk::Graph;
using sdk::Scope;
using sdk::Tensor;

using sdk::Attributes;

/// The body of rms_norm.
WEFT_SDK_INLINE std::vector<Tensor> rms_norm_body(Graph& g, const std::vector<Tensor>& in, const Attributes& attrs) {
  const Dims d = g.dims(in[0]);
  const std::size_t rank = d.size();
  const int64_t last = static_cast<int64_t>(rank) - 1;
  Tensor sum = g.reduce(sdk::Reduce::kSum, g.mul(in[0], in[0]), last);  // [..., 1]
  Tensor mean = g.mul(sum, g.scalar(1.0f / static_cast<float>(d.back()), rank));
  Tensor scale = g.rsqrt(g.add(mean, g.scalar(static_cast<float>(attrs.number("eps")), rank)));
  Dims w(rank, 1);
  w.back() = d.back();
  return {g.mul(g.mul(in[0], scale), g.reshape(in[1], w))};
}

/// Root mean square norm (Zhang and Sennrich 2019): x / sqrt(mean(x^2) + eps) * weight.
/// x: [..., D] f32, weight: [D].
WEFT_SDK_INLINE Tensor rms_norm(Graph& g, Tensor x, Tensor weight, double eps) {
  return g.composite("rms_norm", 1, {x, weight}, {Attr::f64("eps", eps)}, rms_norm_body)[0];
}

/// The body of layer_norm.
WEFT_SDK_INLINE std::vector<Tensor> layer_norm_body(Graph& g, const std::vector<Tensor>& in, const Attributes& attrs) {
  const Dims d = g.dims(in[0]);
  const std::size_t rank = d.size();
  const int64_t last = static_cast<int64_t>(rank) - 1;
  Tensor part = g.scalar(1.0f / static_cast<float>(d.back()), rank);
  Tensor y = g.sub(in[0], g.mul(g.reduce(sdk::Reduce::kSum, in[0], last), part));
  Tensor variance = g.mul(g.reduce(sdk::Reduce::kSum, g.mul(y, y), last), part);  // [..., 1]
  y = g.mul(y, g.rsqrt(g.add(variance, g.scalar(static_cast<float>(attrs.number("eps")), rank))));
  Dims w(rank, 1);
  w.back() = d.back();
  if (in[1].present()) y = g.mul(y, g.reshape(in[1], w));
  if (in[2].present()) y = g.add(y, g.reshape(in[2], w));
  return {y};
}

/// Layer norm (Ba et al. 2016) over the last axis: (x - mean) / sqrt(variance + eps) * weight + bias.
/// x: [..., D] f32; weight, bias: [D], or absent.
WEFT_SDK_INLINE Tensor layer_norm(Graph& g, Tensor x, Tensor weight, Tensor bias, double eps) {
  return g.composite("layer_norm", 1, {x, weight, bias}, {Attr::f64("eps", eps)}, layer_norm_body)[0];
}

/// The norm that a family uses throughout.
struct Norm {
  enum Kind { kRms, kLayer };
  Kind kind = kRms;
  double eps = 1e-6;
  bool bias = false;
  bool weight = true;
};

/// Applies the norm. x: [..., D]. Parameters under `scope`: weight [D], bias [D], where the norm has them.
WEFT_SDK_INLINE Tensor norm(const Scope& scope, Tensor x, const Norm& n) {
  Graph& g = scope.graph();
  const Dims d{g.dims(x).back()};
  if (n.kind == Norm::kRms) return rms_norm(g, x, scope.param("weight", d), n.eps);
  return layer_norm(g, x, n.weight ? scope.param("weight", d) : Tensor{}, n.bias ? scope.param("bias", d) : Tensor{},
                    n.eps);
}

/// The body of softmax.
WEFT_SDK_INLINE std::vector<Tensor> softmax_body(Graph& g, const std::vector<Tensor>& in, const Attributes&) {
  const std::size_t rank = g.dims(in[0]).size();
  const int64_t last = static_cast<int64_t>(rank) - 1;
  // A row without a finite entry has maximum -inf; the floor keeps -inf - max at -inf.
  Tensor top = g.max(g.reduce(sdk::Reduce::kMax, in[0], last), g.scalar(-3e38f, rank));
  Tensor e = g.exp(g.sub(in[0], top));
  Tensor sum = g.reduce(sdk::Reduce::kSum, e, last);
  return {g.div(e, g.max(sum, g.scalar(1e-30f, rank)))};
}

/// Softmax over the last axis, computed with the maximum subtracted; a row of nothing but -inf gives zeros. x: [...,
/// D].
WEFT_SDK_INLINE Tensor softmax(Graph& g, Tensor x) { return g.composite("softmax", 1, {x}, {}, softmax_body)[0]; }

}  // namespace weft::blocks
