// Ops of each element.
#include <cmath>
#include <limits>

#include "tests/onnx/ops.hpp"
#include "weft/blocks/activation.hpp"

namespace weft::onnx {

using sdk::Compare;

Value abs(const Value& x) { return max(x, -x); }
Value square(const Value& x) { return x * x; }
Value ceil(const Value& x) { return -unary("floor", -x); }
Value truncated(const Value& x) { return select(compare(Compare::kLt, x, 0), ceil(x), unary("floor", x)); }

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// f(x) of the one input.
template <Value (*f)(const Value&)>
Values one(const Node& n) {
  return {f(n.in(0))};
}

Value exp(const Value& x) { return unary("exp", x); }
Value expm1(const Value& x) { return unary("expm1", x); }
Value log1p(const Value& x) { return unary("log1p", x); }
Value sigmoid(const Value& x) { return unary("sigmoid", x); }

Value activate(blocks::Activation a, const Value& x) {
  return value(*x.g, blocks::activate(*x.g, a, x.tensor), x.dtype);
}

Value relu(const Value& x) { return x.is_float() ? activate(blocks::Activation::kRelu, x) : max(x, 0); }
Value softplus(const Value& x) { return log1p(exp(-abs(x))) + max(x, 0); }
Value mish(const Value& x) { return x * unary("tanh", softplus(x)); }
Value softsign(const Value& x) { return x / (abs(x) + 1); }
Value sinh(const Value& x) { return (expm1(x) - expm1(-x)) * 0.5; }
Value cosh(const Value& x) { return (exp(x) + exp(-x)) * 0.5; }
Value tan(const Value& x) { return unary("sin", x) / unary("cos", x); }
Value acosh(const Value& x) { return unary("log", x + unary("sqrt", square(x) - 1)); }
Value atanh(const Value& x) { return (log1p(x) - log1p(-x)) * 0.5; }
Value asinh(const Value& x) {  // log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))) keeps the digits of small x
  const Value y = log1p(abs(x) + square(x) / (unary("sqrt", square(x) + 1) + 1));
  return select(compare(Compare::kLt, x, 0), -y, y);
}
Value reciprocal(const Value& x) { return scalar(x, 1) / x; }
Value sign(const Value& x) {
  const Value up = cast(compare(Compare::kGt, x, 0), x.dtype), down = cast(compare(Compare::kLt, x, 0), x.dtype);
  return up - down;
}
Value is_nan(const Value& x) { return compare(Compare::kNe, x, x); }
Value hard_swish(const Value& x) { return x * max(min(x / 6.0 + 0.5, 1), 0); }
Value same(const Value& x) { return reshape(x, x.dims); }

Value elu(const Value& x, double alpha) { return select(compare(Compare::kLt, x, 0), expm1(x) * alpha, x); }
Value leaky_relu(const Value& x, double alpha) { return select(compare(Compare::kLt, x, 0), x * alpha, x); }
Value hard_sigmoid(const Value& x, double alpha, double beta) { return max(min(x * alpha + beta, 1), 0); }

template <Value (*f)(const Value&, const Value&)>
Values fold(const Node& n) {
  Value y = n.in(0);
  for (std::size_t i = 1; i < n.size(); ++i) y = f(y, n.in(i));
  return {y};
}

template <Compare kind>
Values comparison(const Node& n) {
  return {compare(kind, n.in(0), n.in(1))};
}

/// Integers are rounded towards 0.
Value quotient(const Value& a, const Value& b) {
  const Value q = a / b;
  if (a.is_float() || stored_as(a.dtype) == WEFT_U8) return q;
  const Value inexact = compare(Compare::kNe, q * b, a), negative = compare(Compare::kLt, q, 0);
  return select(inexact, select(negative, q + 1, q), q);
}

Values mod(const Node& n) {
  const Value a = n.in(0), b = n.in(1);
  const bool sign_of_a = n.integer("fmod", 0) != 0;
  if (!a.is_float()) return {a - (sign_of_a ? quotient(a, b) : a / b) * b};
  const Value q = truncated(a / b);  // 0 times an infinite b is to be 0
  const Value rest = a - select(compare(Compare::kEq, q, 0), scalar(q, 0), q * b);
  return {sign_of_a ? rest : select(compare(Compare::kLt, rest * b, 0), rest + b, rest)};
}

Values pow(const Node& n) {
  const Value a = n.in(0), y = binary("pow", cast(a, Dtype::kF32), cast(n.in(1), Dtype::kF32));
  return {a.is_float() ? y : cast(unary("round", y), a.dtype)};
}

Values clip(const Node& n) {
  Value x = n.in(0);
  if (n.given("min")) x = max(x, n.number("min", 0));
  if (n.given("max")) x = min(x, n.number("max", 0));
  if (n.has(1)) x = max(x, n.in(1));
  if (n.has(2)) x = min(x, n.in(2));
  return {same(x)};
}

Values is_inf(const Node& n) {
  const Value x = n.in(0), none = expand(number(n.g(), 0, Dtype::kBool), x.dims);
  const Value up = n.integer("detect_positive", 1) != 0 ? compare(Compare::kEq, x, kInfinity) : none;
  const Value down = n.integer("detect_negative", 1) != 0 ? compare(Compare::kEq, x, -kInfinity) : none;
  return {select(up, up, down)};
}

Values dropout(const Node& n) {
  const bool training = n.has(2) && n.known_number(2) != 0;
  const double ratio = n.has(1) ? n.known_number(1) : n.number("ratio", 0.5);
  if (training && ratio != 0) throw Refused("random");
  const Value x = n.in(0);
  return {same(x), expand(number(n.g(), 1, Dtype::kBool), x.dims)};
}

Values gelu(const Node& n) {
  const bool tanh = n.text("approximate", "none") == "tanh";
  return {activate(tanh ? blocks::Activation::kGeluTanh : blocks::Activation::kGelu, n.in(0))};
}

Value swish(const Value& x, double alpha) {
  return alpha == 1 ? activate(blocks::Activation::kSilu, x) : x * sigmoid(x * alpha);
}

Values shrink(const Node& n) {
  const Value x = n.in(0);
  const double lambd = n.number("lambd", 0.5), bias = n.number("bias", 0);
  const Value high = select(compare(Compare::kGt, x, lambd), x - bias, scalar(x, 0));
  return {select(compare(Compare::kLt, x, -lambd), x + bias, high)};
}

Values bit_cast(const Node& n) {
  const Value x = n.in(0);
  const Dtype to = dtype_of_number(n.integer("to", 0));
  if (x.is_float() || to == Dtype::kF32) throw Refused("bits of f32");
  return {same(renamed(x, to))};
}

Values prelu(const Node& n) {
  const Value x = n.in(0);
  return {select(compare(Compare::kLt, x, 0), x * n.in(1), x)};
}

}  // namespace

Value activated(const std::string& name, const Value& x, double alpha, double beta) {
  if (name == "Sigmoid") return sigmoid(x);
  if (name == "Tanh") return unary("tanh", x);
  if (name == "Relu") return relu(x);
  if (name == "Affine") return x * alpha + beta;
  if (name == "HardSigmoid") return hard_sigmoid(x, alpha, beta);
  throw Refused("activation " + name);
}

// clang-format off
const Ops kElementwise = {
    {"Abs", one<abs>}, {"Ceil", one<ceil>}, {"Reciprocal", one<reciprocal>}, {"Sign", one<sign>},
    {"Identity", one<same>}, {"IsNaN", one<is_nan>}, {"Not", one<logical_not>},
    {"Acosh", one<acosh>}, {"Asinh", one<asinh>}, {"Atanh", one<atanh>}, {"Cosh", one<cosh>}, {"Sinh", one<sinh>},
    {"Tan", one<tan>},
    {"Relu", one<relu>}, {"Softplus", one<softplus>}, {"Softsign", one<softsign>}, {"Mish", one<mish>},
    {"HardSwish", one<hard_swish>},
    {"Neg", [](const Node& n) -> Values { return {unary("neg", n.in(0))}; }},
    {"Exp", [](const Node& n) -> Values { return {unary("exp", n.in(0))}; }},
    {"Log", [](const Node& n) -> Values { return {unary("log", n.in(0))}; }},
    {"Sqrt", [](const Node& n) -> Values { return {unary("sqrt", n.in(0))}; }},
    {"Sin", [](const Node& n) -> Values { return {unary("sin", n.in(0))}; }},
    {"Cos", [](const Node& n) -> Values { return {unary("cos", n.in(0))}; }},
    {"Tanh", [](const Node& n) -> Values { return {unary("tanh", n.in(0))}; }},
    {"Sigmoid", [](const Node& n) -> Values { return {unary("sigmoid", n.in(0))}; }},
    {"Erf", [](const Node& n) -> Values { return {unary("erf", n.in(0))}; }},
    {"Floor", [](const Node& n) -> Values { return {unary("floor", n.in(0))}; }},
    {"Round", [](const Node& n) -> Values { return {unary("round", n.in(0))}; }},
    {"Add", fold<operator+>}, {"Mul", fold<operator*>}, {"Div", fold<quotient>},
    {"Max", fold<max>}, {"Min", fold<min>}, {"Sum", fold<operator+>},
    {"Sub", [](const Node& n) -> Values { return {n.in(0) - n.in(1)}; }},
    {"Mean", [](const Node& n) -> Values { return {fold<operator+>(n)[0] / static_cast<double>(n.size())}; }},
    {"Mod", mod}, {"Pow", pow}, {"Clip", clip}, {"IsInf", is_inf}, {"Dropout", dropout}, {"Gelu", gelu},
    {"BitCast", bit_cast}, {"Shrink", shrink}, {"PRelu", prelu},
    {"Equal", comparison<Compare::kEq>}, {"Less", comparison<Compare::kLt>},
    {"LessOrEqual", comparison<Compare::kLe>}, {"Greater", comparison<Compare::kGt>},
    {"GreaterOrEqual", comparison<Compare::kGe>},
    {"And", [](const Node& n) -> Values { return {select(n.in(0), n.in(1), n.in(0))}; }},
    {"Or", [](const Node& n) -> Values { return {select(n.in(0), n.in(0), n.in(1))}; }},
    {"Xor", comparison<Compare::kNe>},
    {"Where", [](const Node& n) -> Values { return {select(n.in(0), n.in(1), n.in(2))}; }},
    {"Cast", [](const Node& n) -> Values { return {cast(n.in(0), dtype_of_number(n.integer("to", 0)))}; }},
    {"CastLike", [](const Node& n) -> Values { return {cast(n.in(0), n.in(1).dtype)}; }},
    {"Binarizer", [](const Node& n) -> Values {
       return {cast(compare(Compare::kGt, n.in(0), n.number("threshold", 0)), Dtype::kF32)};
     }},
    {"Elu", [](const Node& n) -> Values { return {elu(n.in(0), n.number("alpha", 1))}; }},
    {"Celu", [](const Node& n) -> Values {
       const double alpha = n.number("alpha", 1);
       return {elu(n.in(0) / alpha, 1) * alpha};
     }},
    {"Selu", [](const Node& n) -> Values {
       return {elu(n.in(0), n.number("alpha", 1.67326319217681884765625)) *
               n.number("gamma", 1.05070102214813232421875)};
     }},
    {"LeakyRelu", [](const Node& n) -> Values { return {leaky_relu(n.in(0), n.number("alpha", 0.01))}; }},
    {"HardSigmoid", [](const Node& n) -> Values {
       return {hard_sigmoid(n.in(0), n.number("alpha", 0.2), n.number("beta", 0.5))};
     }},
    {"Swish", [](const Node& n) -> Values { return {swish(n.in(0), n.number("alpha", 1))}; }},
    {"SwiGLU", [](const Node& n) -> Values { return {swish(n.in(0), n.number("alpha", 1)) * n.in(1)}; }},
    {"ThresholdedRelu", [](const Node& n) -> Values {
       const Value x = n.in(0);
       return {select(compare(Compare::kGt, x, n.number("alpha", 1)), x, scalar(x, 0))};
     }},
};
// clang-format on

}  // namespace weft::onnx
