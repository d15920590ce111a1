// Types of gather and scatter.
#include "core/graph/infer_context.hpp"

namespace weft {
namespace {

Result<Types> gather(const InferContext& c) {
  const Type &x = c.arg(0), &idx = c.arg(1);
  const std::int64_t axis = c.i64("axis");
  const std::int64_t batch = c.i64("batch");
  if (axis < 0 || axis >= static_cast<std::int64_t>(x.dims.size())) {
    return c.fail("axis is {}, input 0 is {}", axis, c.text(x));
  }
  if (batch < 0 || batch > axis || batch > static_cast<std::int64_t>(idx.dims.size())) {
    return c.fail("batch is {}, expected 0 to axis {} and to the rank of {}", batch, axis,
                  c.text(idx));
  }
  for (std::int64_t i = 0; i < batch; ++i) {
    const auto u = static_cast<std::size_t>(i);
    if (x.dims[u] != idx.dims[u]) {
      return c.fail("inputs are {} and {}, expected equal batch axis {}", c.text(x), c.text(idx),
                    i);
    }
  }
  Type t{x.dtype, Dims(x.dims.begin(), x.dims.begin() + axis)};
  t.dims.insert(t.dims.end(), idx.dims.begin() + batch, idx.dims.end());
  t.dims.insert(t.dims.end(), x.dims.begin() + axis + 1, x.dims.end());
  return Types{std::move(t)};
}

Result<Types> scatter(const InferContext& c) {
  const Type &x = c.arg(0), &idx = c.arg(1), &update = c.arg(2);
  WEFT_CHECK_OK(c.same_dtype(0, 2));
  const std::int64_t kind = c.i64("kind");
  if (kind != 0 && kind != 1) return c.fail("kind is {}, expected 0 or 1", kind);
  if (kind == 1 && (sdk::value_dtype(x.dtype).bit & sdk::kNumber) == 0)
    return c.fail("input 0 is {}, expected f32 or i32 to add to", c.text(x));
  Dims expected = idx.dims;
  expected.insert(expected.end(), x.dims.begin() + 1, x.dims.end());
  if (update.dims != expected) {
    return c.fail("input 2 is {}, expected {} (input 0 is {}, input 1 {})", c.text(update),
                  c.symbols.text(expected), c.text(x), c.text(idx));
  }
  return Types{x};
}

}  // namespace

const InferRules& indexing_rules() {
  static const auto& rules = *new InferRules{{"gather", gather}, {"scatter", scatter}};
  return rules;
}

}  // namespace weft
