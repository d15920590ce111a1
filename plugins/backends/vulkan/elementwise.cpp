// Ops of an element, or of several.
#include <array>

#include "plugins/backends/vulkan/ops.hpp"
#include "plugins/backends/vulkan/shapes.hpp"

namespace weft::vulkan {
namespace {

// The order of unary.comp.
enum Unary : uint32_t {
  kNegF32, kNegI32, kExp, kExpm1, kLog, kLog1p, kSqrt, kRsqrt, kSin, kCos, kTanh, kSigmoid, kErf, kFloor, kRound,
  kBeforeActivations = kRound
};

void unary_as(Dispatch& d, uint32_t op) {
  const struct {
    VkDeviceAddress y, x;
    uint32_t n;
  } push{address(d.out[0]), address(d.in[0]), u32(d.out[0].size())};
  d.each(Shader::kUnary, {op}, push, push.n);
}
template <Unary kOp>
void unary(Dispatch& d) {
  unary_as(d, kOp);
}

void neg(Dispatch& d) { unary_as(d, d.in[0].dtype == WEFT_F32 ? kNegF32 : kNegI32); }

void cast(Dispatch& d) {
  const sdk::View &x = d.in[0], &y = d.out[0];
  if (x.dtype == y.dtype) return d.copy(address(y), address(x), y.size(), bytes_of_element(y));
  const struct {
    VkDeviceAddress y, x;
    uint32_t n;
  } push{address(y), address(x), u32(y.size())};
  d.each(Shader::kCast, {element_of(x), element_of(y)}, push, push.n);
}

void activation(Dispatch& d) { unary_as(d, kBeforeActivations + activation_of(d.text("kind"))); }

void binary_as(Dispatch& d, uint32_t op, const sdk::View& a, const sdk::View& b) {
  constexpr uint32_t kMostAxes = 6;  // of binary.comp
  const sdk::View& y = d.out[0];
  const Walk<2> walk(y.dims, {broadcast_steps(a.dims), broadcast_steps(b.dims)});
  if (walk.rank() > kMostAxes) return binary_as(d, op, stretched(d, a, y.dims), stretched(d, b, y.dims));
  struct {
    VkDeviceAddress y, a, b, error;
    uint32_t n, rank, dims[kMostAxes], a_step[kMostAxes], b_step[kMostAxes];
  } push{address(y), address(a), address(b), d.error, u32(y.size()), walk.rank(), {}, {}, {}};
  walk.write(push.dims, {push.a_step, push.b_step});
  d.each(Shader::kBinary, {op, element_of(a), walk.aligned()}, push, push.n);
}
template <uint32_t kOp>
void binary(Dispatch& d) {
  binary_as(d, kOp, d.in[0], d.in[1]);
}

void compare(Dispatch& d) { binary_as(d, 7 + u32(d.integer("kind", 0)), d.in[0], d.in[1]); }

void select_as(Dispatch& d, const sdk::View& mask, const sdk::View& a, const sdk::View& b) {
  constexpr uint32_t kMostAxes = 5;  // of select.comp
  const sdk::View& y = d.out[0];
  const Walk<3> walk(y.dims, {broadcast_steps(mask.dims), broadcast_steps(a.dims), broadcast_steps(b.dims)});
  if (walk.rank() > kMostAxes)
    return select_as(d, stretched(d, mask, y.dims), stretched(d, a, y.dims), stretched(d, b, y.dims));
  struct {
    VkDeviceAddress y, mask, a, b;
    uint32_t n, rank, dims[kMostAxes], m_step[kMostAxes], a_step[kMostAxes], b_step[kMostAxes];
  } push{address(y), address(mask), address(a), address(b), u32(y.size()), walk.rank(), {}, {}, {}, {}};
  walk.write(push.dims, {push.m_step, push.a_step, push.b_step});
  d.each(Shader::kSelect, {bytes_of_element(y)}, push, push.n);
}

void select(Dispatch& d) { select_as(d, d.in[0], d.in[1], d.in[2]); }

}  // namespace

uint32_t activation_of(std::string_view kind) {
  constexpr std::array<std::string_view, 6> kNames = {"", "silu", "gelu", "gelu_tanh", "relu", "quick_gelu"};
  for (uint32_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == kind) return i;
  }
  sdk::fail(WEFT_INTERNAL, "the op's table has an activation \"" + std::string(kind) + "\" that no shader has");
}

void add_elementwise(sdk::Kernels& k) {
  add(k, "neg", neg), add(k, "exp", unary<kExp>), add(k, "expm1", unary<kExpm1>), add(k, "log", unary<kLog>);
  add(k, "log1p", unary<kLog1p>), add(k, "sqrt", unary<kSqrt>), add(k, "rsqrt", unary<kRsqrt>);
  add(k, "sin", unary<kSin>), add(k, "cos", unary<kCos>), add(k, "tanh", unary<kTanh>);
  add(k, "sigmoid", unary<kSigmoid>), add(k, "erf", unary<kErf>), add(k, "floor", unary<kFloor>);
  add(k, "round", unary<kRound>), add(k, "cast", cast), add(k, "activation", activation);
  // The order of binary.comp.
  add(k, "add", binary<0>), add(k, "sub", binary<1>), add(k, "mul", binary<2>), add(k, "div", binary<3>);
  add(k, "min", binary<4>), add(k, "max", binary<5>), add(k, "pow", binary<6>);
  add(k, "compare", compare), add(k, "select", select);
}

}  // namespace weft::vulkan
