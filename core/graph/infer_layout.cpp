// Types of reshape, transpose, broadcast, concat, slice, pad and iota.
#include "core/graph/infer_context.hpp"

namespace weft {
namespace {

Result<Types> reshape(const InferContext& c) {
  WEFT_TRY(Dims d, c.dims("dims"));
  if (!c.symbols.same_elements(c.arg(0).dims, d)) {
    return c.fail("{} to {} changes the number of elements", c.text(c.arg(0)), c.symbols.text(d));
  }
  return Types{{c.arg(0).dtype, std::move(d)}};
}

Result<Types> transpose(const InferContext& c) {
  const Type& x = c.arg(0);
  const Dims perm = c.list("perm");
  const std::size_t rank = x.dims.size();
  std::uint32_t seen = 0;
  Type t{x.dtype, {}};
  for (std::int64_t p : perm) {
    if (p < 0 || p >= static_cast<std::int64_t>(rank) || (seen >> p & 1u)) {
      return c.fail("perm [{}] is no permutation of the axes of {}", fmt::join(perm, ","),
                    c.text(x));
    }
    seen |= 1u << p;
    t.dims.push_back(x.dims[static_cast<std::size_t>(p)]);
  }
  if (perm.size() != rank)
    return c.fail("perm has {} entries, {} has rank {}", perm.size(), c.text(x), rank);
  return Types{std::move(t)};
}

Result<Types> broadcast(const InferContext& c) {
  WEFT_TRY(Dims d, c.dims("dims"));
  WEFT_TRY(Dims both, c.broadcast(c.arg(0).dims, d));
  if (both != d) return c.fail("{} does not broadcast to {}", c.text(c.arg(0)), c.symbols.text(d));
  return Types{{c.arg(0).dtype, std::move(d)}};
}

Result<Types> concat(const InferContext& c) {
  Type t = c.arg(0);
  WEFT_TRY(std::size_t axis, c.axis(t.dims.size()));
  std::int64_t constant = 0, symbolic = 0;  // symbolic: the dim that is a symbol; 0: none yet
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    WEFT_CHECK_OK(c.same_dtype(0, i));
    Dims d = c.arg(i).dims;
    if (d.size() != t.dims.size()) {
      return c.fail("input {} is {}, input 0 is {}, expected equal rank", i, c.text(c.arg(i)),
                    c.text(c.arg(0)));
    }
    const std::int64_t part = d[axis];
    d[axis] = t.dims[axis];
    if (d != t.dims) {
      return c.fail("input {} is {}, input 0 is {}, expected them equal but for axis {}", i,
                    c.text(c.arg(i)), c.text(c.arg(0)), axis);
    }
    auto& side = part >= 0 ? constant : symbolic;
    WEFT_TRY(side, c.symbols.add(part, side));
  }
  WEFT_TRY(t.dims[axis], c.symbols.add(symbolic, constant));
  return Types{std::move(t)};
}

// Whether start + size <= dim holds for all sizes, as far as constants and symbols of the form a + k show.
bool slice_fits(const SymbolTable& s, std::int64_t dim, std::int64_t start, std::int64_t size) {
  if (size >= 0) return start <= s.max(dim) && size <= s.max(dim) - start;
  if (dim == size) return start == 0;
  if (dim < 0) {
    const Symbol& sym = s.all()[static_cast<std::size_t>(~dim)];
    if (sym.op == WEFT_SYM_ADD_CONST && ~static_cast<std::int64_t>(sym.a) == size) {
      return start <= sym.k;
    }
  }
  return start <= s.max(dim);
}

Result<Types> slice(const InferContext& c) {
  Type t = c.arg(0);
  WEFT_TRY(std::size_t axis, c.axis(t.dims.size()));
  const std::int64_t start = c.i64("start");
  const std::int64_t size = c.i64("size");
  if (start < 0) return c.fail("start is {}, expected 0 or more", start);
  if (!c.symbols.valid(size)) return c.fail("size is the unknown symbol {}", ~size);
  if (!slice_fits(c.symbols, t.dims[axis], start, size)) {
    return c.fail("start {} and size {} leave axis {} of {}", start, c.symbols.text(size), axis,
                  c.text(t));
  }
  t.dims[axis] = size;
  return Types{std::move(t)};
}

Result<Types> pad(const InferContext& c) {
  Type t = c.arg(0);
  WEFT_TRY(std::size_t axis, c.axis(t.dims.size()));
  const std::int64_t before = c.i64("before");
  const std::int64_t after = c.i64("after");
  if (before < 0 || after < 0 || before > kMaxSize / 2 || after > kMaxSize / 2) {
    return c.fail("before {} and after {}, expected 0 or more", before, after);
  }
  WEFT_TRY(t.dims[axis], c.symbols.add(t.dims[axis], before + after));
  return Types{std::move(t)};
}

Result<Types> iota(const InferContext& c) {
  WEFT_TRY(Dims d, c.dims("dims"));
  WEFT_TRY([[maybe_unused]] std::size_t axis, c.axis(d.size()));
  const std::int64_t dtype = c.i64("dtype");
  if (dtype != WEFT_F32 && dtype != WEFT_I32)
    return c.fail("dtype is {}, expected f32 or i32", dtype);
  return Types{{static_cast<std::uint32_t>(dtype), std::move(d)}};
}

}  // namespace

const InferRules& layout_rules() {
  static const auto& rules = *new InferRules{{"reshape", reshape}, {"transpose", transpose}, {"broadcast", broadcast},
                                             {"concat", concat},   {"slice", slice},         {"pad", pad},
                                             {"iota", iota}};
  return rules;
}

}  // namespace weft
