// Ops of an element, or of two.
#include <array>

#include "plugins/backends/vulkan/ops.hpp"
#include "plugins/backends/vulkan/shapes.hpp"

namespace weft::vulkan {
namespace {

// The order of unary.comp.
enum Unary : uint32_t {
  kNegF32, kNegI32, kExp, kExpm1, kLog, kLog1p, kSqrt, kRsqrt, kSin, kCos, kTanh, kSigmoid, kErf, kFloor, kRound,
  kToI32, kToF32, kBeforeActivations = kToF32
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
  if (d.in[0].dtype == d.out[0].dtype)
    return d.copy(address(d.out[0]), address(d.in[0]), static_cast<uint64_t>(d.out[0].size()));
  unary_as(d, d.out[0].dtype == WEFT_I32 ? kToI32 : kToF32);
}

void activation(Dispatch& d) { unary_as(d, kBeforeActivations + activation_of(d.text("kind"))); }

template <uint32_t kOp>
void binary(Dispatch& d) {
  const Walk<2> walk(d.out[0].dims, {broadcast_steps(d.in[0].dims), broadcast_steps(d.in[1].dims)});
  struct {
    VkDeviceAddress y, a, b;
    uint32_t n, rank, dims[6], a_step[6], b_step[6];
  } push{address(d.out[0]), address(d.in[0]), address(d.in[1]), u32(d.out[0].size()), walk.rank(), {}, {}, {}};
  walk.write(push.dims, {push.a_step, push.b_step});
  const bool integers = d.in[0].dtype == WEFT_I32;
  d.each(Shader::kBinary, {kOp, integers, walk.aligned()}, push, push.n);
}

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
}

}  // namespace weft::vulkan
