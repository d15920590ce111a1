// Steps of optimizers.
#include <cmath>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

/// Inputs: the rate, the number of the step, then the xs, their gradients and `states` more of each; the results are
/// the new xs, then their states.
template <std::size_t states, Values (*step)(const Node& n, const Values& of_x)>
Values optimized(const Node& n) {
  const std::size_t count = (n.size() - 2) / (2 + states);
  Values results(count * (1 + states));
  for (std::size_t i = 0; i < count; ++i) {
    Values of_x;
    for (std::size_t k = 0; k < 2 + states; ++k) of_x.push_back(n.in(2 + k * count + i));
    const Values made = step(n, of_x);
    for (std::size_t k = 0; k <= states; ++k) results[k * count + i] = made[k];
  }
  return results;
}

/// With the gradient of the squared norm of x.
Value gradient(const Node& n, const Values& of_x) { return of_x[0] * n.number("norm_coefficient", 0) + of_x[1]; }
Value rate(const Node& n) { return reshape(n.in(0), {}); }
double steps(const Node& n) { return n.known_number(1); }

Values adagrad(const Node& n, const Values& of_x) {
  const Value g = gradient(n, of_x), h = of_x[2] + square(g);
  const Value r = rate(n) / (1 + steps(n) * n.number("decay_factor", 0));
  return {of_x[0] - r * g / (unary("sqrt", h) + n.number("epsilon", 1e-6)), h};
}

Values adam(const Node& n, const Values& of_x) {
  const double alpha = n.number("alpha", 0.9), beta = n.number("beta", 0.999), t = steps(n);
  const Value g = gradient(n, of_x), v = of_x[2] * alpha + g * (1 - alpha), h = of_x[3] * beta + square(g) * (1 - beta);
  const double bias = t > 0 ? std::sqrt(1 - std::pow(beta, t)) / (1 - std::pow(alpha, t)) : 1;
  const Value x = of_x[0] - rate(n) * bias * v / (unary("sqrt", h) + n.number("epsilon", 1e-6));
  return {x * (1 - n.number("norm_coefficient_post", 0)), v, h};
}

Values momentum(const Node& n, const Values& of_x) {
  const double alpha = n.number("alpha", 0), beta = steps(n) > 0 ? n.number("beta", 0) : 1;
  const Value g = gradient(n, of_x), v = of_x[2] * alpha + g * beta;
  const bool nesterov = n.text("mode", "standard") == "nesterov";
  return {of_x[0] - rate(n) * (nesterov ? g + v * alpha : v), v};
}

}  // namespace

const Ops kTraining = {
    {"Adagrad", optimized<1, adagrad>}, {"Adam", optimized<2, adam>}, {"Momentum", optimized<1, momentum>}};

}  // namespace weft::onnx
