// Losses of classes.
#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

/// log_p [N, C, axes...], target [N, axes...]; weight [C], or absent.
Value negative_log_likelihood(const Node& n, const Value& log_p, const Value& target, const Value& weight) {
  const int64_t C = log_p.dim(1), rows = product(target.dims);
  Value at = flatten(cast(target, Dtype::kI64));
  if (n.given("ignore_index")) {  // gather gives 0 for -1
    const Value ignored = compare(sdk::Compare::kEq, at, static_cast<double>(n.integer("ignore_index", 0)));
    at = select(ignored, scalar(at, -1), at);
  }
  const Value table = reshape(move_axis(log_p, 1, log_p.rank() - 1), {rows, C});
  const Value chosen = reshape(gather(table, reshape(at, {rows, 1}), 1, 1), {rows});
  const Value weights = gather(weight.g ? weight : filled(log_p, 1, {C}), at, 0);
  const Value losses = -chosen * weights;
  const std::string reduction = n.text("reduction", "mean");
  if (reduction == "none") return reshape(losses, target.dims);
  const Value total = reshape(sum(losses, {0}), {});
  return reduction == "sum" ? total : total / reshape(sum(weights, {0}), {});
}

Values nll(const Node& n) {
  return {negative_log_likelihood(n, n.in(0), n.in(1), n.has(2) ? n.in(2) : Value{})};
}

Values cross_entropy(const Node& n) {
  const Value log_p = log_softmax(n.in(0), 1);
  return {negative_log_likelihood(n, log_p, n.in(1), n.has(2) ? n.in(2) : Value{}), log_p};
}

}  // namespace

const Ops kLosses = {{"NegativeLogLikelihoodLoss", nll}, {"SoftmaxCrossEntropyLoss", cross_entropy}};

}  // namespace weft::onnx
