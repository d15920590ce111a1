// Types of unary and binary ops, compare, select, cast and the reductions.
#include "core/graph/infer_context.hpp"
#include "weft/sdk/op_check.hpp"

namespace weft {
namespace {

Result<Types> unary(const InferContext& c) { return Types{c.arg(0)}; }

Result<Types> binary(const InferContext& c) {
  WEFT_CHECK_OK(c.same_dtype(0, 1));
  WEFT_TRY(Dims d, c.broadcast(c.arg(0).dims, c.arg(1).dims));
  return Types{{c.arg(0).dtype, std::move(d)}};
}

Result<Types> compare(const InferContext& c) {
  const std::int64_t kind = c.i64("kind");
  if (kind < 0 || kind > 5) return c.fail("kind is {}, expected 0 to 5", kind);
  WEFT_CHECK_OK(c.same_dtype(0, 1));
  WEFT_TRY(Dims d, c.broadcast(c.arg(0).dims, c.arg(1).dims));
  return Types{{WEFT_U8, std::move(d)}};
}

Result<Types> select(const InferContext& c) {
  WEFT_CHECK_OK(c.same_dtype(1, 2));
  WEFT_TRY(Dims values, c.broadcast(c.arg(1).dims, c.arg(2).dims));
  WEFT_TRY(Dims d, c.broadcast(c.arg(0).dims, values));
  return Types{{c.arg(1).dtype, std::move(d)}};
}

Result<Types> cast(const InferContext& c) {
  const std::int64_t to = c.i64("dtype");
  if (to < 0 || to > UINT32_MAX || sdk::element_bytes(static_cast<std::uint32_t>(to)) == 0)
    return c.fail("dtype is {}, expected {}", to, sdk::dtypes_text(sdk::kAny));
  return Types{{static_cast<std::uint32_t>(to), c.arg(0).dims}};
}

Result<Types> reduce(const InferContext& c) {
  const std::int64_t kind = c.i64("kind");
  if (kind < 0 || kind > 2) return c.fail("kind is {}, expected 0 to 2", kind);
  Type t = c.arg(0);
  WEFT_TRY(std::size_t axis, c.axis(t.dims.size()));
  const bool keep = c.flag("keep");
  if (keep) {
    t.dims[axis] = 1;
  } else {
    t.dims.erase(t.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  return Types{std::move(t)};
}

Result<Types> cumsum(const InferContext& c) {
  WEFT_TRY([[maybe_unused]] std::size_t axis, c.axis(c.arg(0).dims.size()));
  return Types{c.arg(0)};
}

Result<Types> top_k(const InferContext& c) {
  Dims d = c.arg(0).dims;
  const std::int64_t k = c.i64("k");
  if (k < 1 || k > c.symbols.max(d.back())) {
    return c.fail("k is {}, expected 1 to the last dim of {}", k, c.text(c.arg(0)));
  }
  d.back() = k;
  return Types{{WEFT_F32, d}, {WEFT_I32, d}};
}

}  // namespace

const InferRules& elementwise_rules() {
  static const auto& rules = *[] {
    auto* r = new InferRules;
    for (std::string_view op : {"neg", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "sin",
                                "cos", "tanh", "sigmoid", "erf", "floor", "round"}) {
      r->emplace_back(op, unary);
    }
    for (std::string_view op : {"add", "sub", "mul", "div", "min", "max", "pow"}) r->emplace_back(op, binary);
    r->insert(r->end(), {{"compare", compare},
                         {"select", select},
                         {"cast", cast},
                         {"reduce", reduce},
                         {"cumsum", cumsum},
                         {"top_k", top_k}});
    return r;
  }();
  return rules;
}

}  // namespace weft
