// Norms.
#include "tests/onnx/ops.hpp"
#include "weft/blocks/norm.hpp"

namespace weft::onnx {
namespace {

Value centred(const Value& x, const std::vector<int64_t>& axes) { return x - mean(x, axes); }
Value inverse_deviation(const Value& x, const std::vector<int64_t>& axes, double eps) {
  return unary("rsqrt", mean(square(centred(x, axes)), axes) + eps);
}

/// x as [rows, D], whose D elements are those of the axes from `axis` on.
Value rows_of(const Value& x, int64_t axis) {
  const int64_t rows = product(Dims(x.dims.begin(), x.dims.begin() + axis));
  return reshape(x, {rows, product(Dims(x.dims.begin() + axis, x.dims.end()))});
}

/// By the composite; weight and bias [D], or absent.
Value layer_normed(const Value& x, const Value& weight, const Value& bias, double eps) {
  return reshape(value(*x.g, blocks::layer_norm(*x.g, x.tensor, weight.tensor, bias.tensor, eps), x.dtype), x.dims);
}

/// What scales the axes from `axis` on, as [D].
Value scale_of(const Value& scale, const Value& x, int64_t axis) {
  return flatten(expand(scale, Dims(x.dims.begin() + axis, x.dims.end())));
}

Values layer_norm(const Node& n) {
  const Value x = n.in(0);
  const int64_t axis = x.axis(n.integer("axis", -1));
  const double eps = n.number("epsilon", 1e-5);
  const Value weight = scale_of(n.in(1), x, axis), bias = n.has(2) ? scale_of(n.in(2), x, axis) : Value{};
  const std::vector<int64_t> axes = range(axis, x.rank());
  Values results{reshape(layer_normed(rows_of(x, axis), weight, bias, eps), x.dims)};
  if (n.wants(1)) results.push_back(mean(x, axes));
  if (n.wants(2)) results.push_back(inverse_deviation(x, axes, eps));
  return results;
}

Values rms_norm(const Node& n) {
  const Value x = n.in(0);
  const int64_t axis = x.axis(n.integer("axis", -1));
  const Value rows = rows_of(x, axis), weight = scale_of(n.in(1), x, axis);
  const sdk::Tensor y = blocks::rms_norm(n.g(), rows.tensor, weight.tensor, n.number("epsilon", 1e-5));
  return {reshape(value(n.g(), y, x.dtype), x.dims)};
}

/// Each of `groups` groups of channels by itself, then scaled by channel.
Value group_normed(const Node& n, const Value& x, int64_t groups) {
  const int64_t N = x.dim(0);
  const Value y = reshape(layer_normed(reshape(x, {N * groups, product(x.dims) / (N * groups)}), {}, {},
                                       n.number("epsilon", 1e-5)),
                          x.dims);
  const auto by_channel = [&](const Value& of) {
    const int64_t given = product(of.dims);  // [C], or before opset 21 [groups]
    const Value all = expand(reshape(of, {given, 1}), {given, x.dim(1) / given});
    return of_channels(flatten(all), x);
  };
  return y * by_channel(n.in(1)) + by_channel(n.in(2));
}

Values batch_norm(const Node& n) {
  const Value x = n.in(0);
  const double eps = n.number("epsilon", 1e-5), kept = n.number("momentum", 0.9);
  Value average = n.in(3), variance = n.in(4);
  Values running;
  if (n.integer("training_mode", 0) != 0) {
    std::vector<int64_t> axes = range(0, x.rank());
    axes.erase(axes.begin() + 1);
    const Value now = mean(x, axes), spread = mean(square(x - now), axes);
    const auto moved = [&](const Value& old, const Value& seen) {
      return old * kept + reshape(seen, old.dims) * (1 - kept);
    };
    running = {moved(average, now), moved(variance, spread)};
    average = flatten(now), variance = flatten(spread);
  }
  const Value scale = n.in(1) * unary("rsqrt", variance + eps);
  Values results{(x - of_channels(average, x)) * of_channels(scale, x) + of_channels(n.in(2), x)};
  results.insert(results.end(), running.begin(), running.end());
  return results;
}

Values mean_variance(const Node& n) {
  const Value x = n.in(0);
  const std::vector<int64_t> axes = n.integers("axes", {0, 2, 3});
  const Value y = centred(x, axes);
  return {y / (unary("sqrt", mean(square(y), axes)) + 1e-9)};
}

Values lp_norm(const Node& n) {
  const Value x = n.in(0);
  const int64_t axis = x.axis(n.integer("axis", -1)), p = n.integer("p", 2);
  const Value size = p == 1 ? sum(abs(x), {axis}) : unary("sqrt", sum(square(x), {axis}));
  // Where all is 0 the result is 0.
  return {select(compare(sdk::Compare::kEq, size, 0), scalar(x, 0), x / size)};
}

/// Over `size` neighbouring channels.
Values local_response(const Node& n) {
  const Value x = n.in(0);
  const int64_t size = n.integer("size", 1), before = (size - 1) / 2;
  const Value all = pad(square(x), 1, before, size - 1 - before);
  Value total = slice(all, 1, 0, x.dim(1));
  for (int64_t i = 1; i < size; ++i) total = total + slice(all, 1, i, x.dim(1));
  const Value base = total * (n.number("alpha", 1e-4) / static_cast<double>(size)) + n.number("bias", 1);
  return {x / binary("pow", base, scalar(x, n.number("beta", 0.75)))};
}

}  // namespace

const Ops kNorms = {
    {"LayerNormalization", layer_norm},
    {"RMSNormalization", rms_norm},
    {"GroupNormalization",
     [](const Node& n) -> Values { return {group_normed(n, n.in(0), n.integer("num_groups", 1))}; }},
    {"InstanceNormalization", [](const Node& n) -> Values { return {group_normed(n, n.in(0), n.in(0).dim(1))}; }},
    {"BatchNormalization", batch_norm},
    {"MeanVarianceNormalization", mean_variance},
    {"LpNormalization", lp_norm},
    {"LRN", local_response},
};

}  // namespace weft::onnx
