// Reductions, sums along an axis, and what is largest.
#include <algorithm>

#include "tests/onnx/ops.hpp"
#include "weft/blocks/norm.hpp"

namespace weft::onnx {

using sdk::Compare;
using sdk::Reduce;

Value position_of(Reduce kind, const Value& x, int64_t axis, bool last) {
  const Value best = compare(Compare::kEq, x, reduce(kind, x, {axis}));
  const Value at = iota(*x.g, x.dims, axis);
  const Value none = scalar(at, last ? -1 : static_cast<double>(x.dim(axis)));
  return reduce(last ? Reduce::kMax : Reduce::kMin, select(best, at, none), {axis});
}

Value softmax(const Value& x, int64_t axis) {
  const Value rows = move_axis(x, axis, x.rank() - 1);
  return move_axis(value(*x.g, blocks::softmax(*x.g, rows.tensor), x.dtype), x.rank() - 1, axis);
}

Value log_softmax(const Value& x, int64_t axis) {
  const Value y = x - reduce(Reduce::kMax, x, {axis});
  return y - unary("log", sum(unary("exp", y), {axis}));
}

namespace {

Value without(const Value& x, std::vector<int64_t> axes) {
  Dims dims = x.dims;
  std::ranges::sort(axes, std::greater<>());
  for (int64_t a : axes) dims.erase(dims.begin() + a);
  return reshape(x, dims);
}

using OverAxes = Value (*)(const Value& x, const std::vector<int64_t>& axes);

/// `f` over the axes that the node names, which stay or go.
template <OverAxes f>
Values reduction(const Node& n) {
  const Value x = n.in(0);
  std::vector<int64_t> axes = n.has(1) ? n.known_integers(1) : n.integers("axes");
  if (axes.empty() && n.integer("noop_with_empty_axes", 0) != 0) return {f(x, {})};
  if (axes.empty()) axes = range(0, x.rank());
  for (int64_t& a : axes) a = x.axis(a);
  const Value y = f(x, axes);
  return {n.integer("keepdims", 1) != 0 ? y : without(y, axes)};
}

Value most(const Value& x, const std::vector<int64_t>& axes) { return reduce(Reduce::kMax, x, axes); }
Value least(const Value& x, const std::vector<int64_t>& axes) { return reduce(Reduce::kMin, x, axes); }
Value products(const Value& x, const std::vector<int64_t>& axes) {
  Value y = x;
  for (int64_t a : axes) y = product(y, a);
  return y;
}
Value l1(const Value& x, const std::vector<int64_t>& axes) { return sum(abs(x), axes); }
Value squares(const Value& x, const std::vector<int64_t>& axes) { return sum(square(x), axes); }
Value l2(const Value& x, const std::vector<int64_t>& axes) { return unary("sqrt", squares(x, axes)); }
Value log_sum(const Value& x, const std::vector<int64_t>& axes) { return unary("log", sum(x, axes)); }
Value log_sum_exp(const Value& x, const std::vector<int64_t>& axes) {
  const Value top = max(most(x, axes), -3e38);  // where nothing is summed, the largest is -inf
  return unary("log", sum(unary("exp", x - top), axes)) + top;
}

template <Reduce kind>
Values arg(const Node& n) {
  const Value x = n.in(0);
  const int64_t axis = x.axis(n.integer("axis", 0));
  const Value y = position_of(kind, x, axis, n.integer("select_last_index", 0) != 0);
  return {n.integer("keepdims", 1) != 0 ? y : without(y, {axis})};
}

/// Before opset 13, softmax runs over all axes from `axis` on.
template <Value (*f)(const Value&, int64_t)>
Values soft(const Node& n) {
  const Value x = n.in(0);
  if (n.opset() >= 13) return {f(x, x.axis(n.integer("axis", -1)))};
  const int64_t axis = x.axis(n.integer("axis", 1));
  const int64_t rows = product(Dims(x.dims.begin(), x.dims.begin() + axis));
  return {reshape(f(reshape(x, {rows, product(x.dims) / std::max<int64_t>(rows, 1)}), 1), x.dims)};
}

Value hard_max(const Value& x, int64_t axis) {
  return cast(compare(Compare::kEq, iota(*x.g, x.dims, axis), position_of(Reduce::kMax, x, axis)), x.dtype);
}

Value sums_so_far(const Value& x, int64_t axis, bool exclusive) {
  return value(*x.g,
               x.g->node("cumsum", {x.tensor}, {sdk::Attr::i64("axis", axis), sdk::Attr::i64("exclusive", exclusive)}),
               x.dtype);
}

Value products_so_far(const Value& x, int64_t axis, bool exclusive) {
  Values parts;
  Value y = filled(x, 1, slice(x, axis, 0, 1).dims);
  for (int64_t i = 0; i < x.dim(axis); ++i) {
    if (exclusive) parts.push_back(y);
    y = y * slice(x, axis, i, 1);
    if (!exclusive) parts.push_back(y);
  }
  return concat(parts, axis);
}

template <Value (*f)(const Value&, int64_t, bool)>
Values so_far(const Node& n) {
  const Value x = n.in(0);
  const int64_t axis = x.axis(static_cast<int64_t>(n.known_number(1)));
  const bool exclusive = n.integer("exclusive", 0) != 0;
  if (n.integer("reverse", 0) == 0) return {f(x, axis, exclusive)};
  return {reverse(f(reverse(x, axis), axis, exclusive), axis)};
}

/// Integers are compared as f32, so those beyond 2^24 are refused.
Values top_k(const Node& n) {
  const Value x = n.in(0);
  if (!x.is_float()) {
    for (int64_t v : n.known_integers(0)) {
      if (std::abs(v) > 1 << 24) throw Refused("integers beyond 2^24 in TopK");
    }
  }
  const int64_t axis = x.axis(n.integer("axis", -1)), last = x.rank() - 1;
  const int64_t k = n.has(1) ? static_cast<int64_t>(n.known_number(1)) : n.integer("k", 1);
  const bool largest = n.integer("largest", 1) != 0;
  Value rows = cast(move_axis(x, axis, last), Dtype::kF32);
  if (!largest) rows = -rows;
  const auto [values, at] = n.g().top_k(rows.tensor, k);
  const Value y = value(n.g(), values, Dtype::kF32), index = value(n.g(), at, Dtype::kI64);
  return {cast(move_axis(largest ? y : -y, last, axis), x.dtype), move_axis(index, last, axis)};
}

}  // namespace

const Ops kReductions = {
    {"ReduceSum", reduction<sum>},
    {"ReduceMean", reduction<mean>},
    {"ReduceMax", reduction<most>},
    {"ReduceMin", reduction<least>},
    {"ReduceProd", reduction<products>},
    {"ReduceL1", reduction<l1>},
    {"ReduceL2", reduction<l2>},
    {"ReduceSumSquare", reduction<squares>},
    {"ReduceLogSum", reduction<log_sum>},
    {"ReduceLogSumExp", reduction<log_sum_exp>},
    {"ArgMax", arg<Reduce::kMax>},
    {"ArgMin", arg<Reduce::kMin>},
    {"Softmax", soft<softmax>},
    {"LogSoftmax", soft<log_softmax>},
    {"Hardmax", soft<hard_max>},
    {"CumSum", so_far<sums_so_far>},
    {"CumProd", so_far<products_so_far>},
    {"TopK", top_k},
};

}  // namespace weft::onnx
