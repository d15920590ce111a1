// Types of matmul, matmul_id and conv.
#include <algorithm>

#include "core/graph/infer_context.hpp"

namespace weft {
namespace {

Result<Types> matmul(const InferContext& c) {
  const Type &a = c.arg(0), &b = c.arg(1);
  const bool ta = c.flag("ta"), tb = c.flag("tb");
  const std::size_t ra = a.dims.size(), rb = b.dims.size();
  if (ra < 2 || rb < 2 || (rb != 2 && ra != rb)) {
    return c.fail("inputs are {} and {}, expected equal rank of 2 or more, or input 1 of rank 2",
                  c.text(a), c.text(b));
  }
  const std::int64_t m = a.dims[ta ? ra - 1 : ra - 2], ka = a.dims[ta ? ra - 2 : ra - 1];
  const std::int64_t n = b.dims[tb ? rb - 2 : rb - 1], kb = b.dims[tb ? rb - 1 : rb - 2];
  if (ka != kb) {
    return c.fail("inner sizes of {}{} and {}{} are {} and {}, expected equal", c.text(a),
                  ta ? "^T" : "", c.text(b), tb ? "^T" : "", c.symbols.text(ka),
                  c.symbols.text(kb));
  }
  Dims d(a.dims.begin(), a.dims.end() - 2);
  if (rb == ra) {
    WEFT_TRY(d, c.broadcast(d, Dims(b.dims.begin(), b.dims.end() - 2)));
  }
  d.insert(d.end(), {m, n});
  return Types{{WEFT_F32, std::move(d)}};
}

Result<Types> matmul_id(const InferContext& c) {
  const Type &a = c.arg(0), &w = c.arg(1), &id = c.arg(2);
  if (a.dims[0] != id.dims[0] || (a.dims[1] != 1 && a.dims[1] != id.dims[1]) ||
      a.dims[2] != w.dims[2]) {
    return c.fail("inputs are {}, {} and {}, expected [N,J or 1,K], [E,M,K] and [N,J]", c.text(a),
                  c.text(w), c.text(id));
  }
  return Types{{WEFT_F32, {id.dims[0], id.dims[1], w.dims[1]}}};
}

struct Window {
  std::int64_t kernel, stride, before, after, dilation;
};

Result<std::int64_t> windows(const InferContext& c, std::size_t axis, std::int64_t dim,
                             const Window& w) {
  constexpr std::int64_t kLimit = 1 << 24;
  if (w.kernel < 1 || w.stride < 1 || w.dilation < 1 || w.before < 0 || w.after < 0 ||
      std::max({w.kernel, w.stride, w.dilation, w.before, w.after}) > kLimit) {
    return c.fail("axis {}: kernel {}, stride {}, pad {} {}, dilation {}", axis, w.kernel, w.stride,
                  w.before, w.after, w.dilation);
  }
  const std::int64_t change = w.before + w.after - w.dilation * (w.kernel - 1);
  if (dim < 0) {
    // (dim + change - 1) / stride + 1. SymbolTable::add would take a negative constant for a symbol.
    WEFT_TRY(std::uint32_t id, c.symbols.derive(WEFT_SYM_ADD_CONST, static_cast<std::uint32_t>(~dim), WEFT_NONE,
                                                change + w.stride - 1));
    WEFT_TRY(id, c.symbols.derive(WEFT_SYM_DIV_CONST, id, WEFT_NONE, w.stride));
    return ~static_cast<std::int64_t>(id);
  }
  if (dim + change < 1) return c.fail("axis {} has size {}, smaller than the kernel", axis, dim);
  return (dim + change - 1) / w.stride + 1;
}

Result<Types> conv(const InferContext& c) {
  const Type &x = c.arg(0), &w = c.arg(1);
  const std::size_t rank = x.dims.size();
  if (rank < 3 || rank > 5 || w.dims.size() != rank) {
    return c.fail("inputs are {} and {}, expected [N,1 to 3 axes,C] and [O,axes,C/groups]",
                  c.text(x), c.text(w));
  }
  const std::size_t axes = rank - 2;
  const Dims stride = c.list("stride", axes);
  const Dims pad = c.list("pad", 2 * axes);
  const Dims dilation = c.list("dilation", axes);
  const std::int64_t groups = c.i64("groups");
  if (stride.size() != axes || pad.size() != 2 * axes || dilation.size() != axes) {
    return c.fail("stride, pad and dilation have {}, {} and {} entries, expected {}, {} and {}",
                  stride.size(), pad.size(), dilation.size(), axes, 2 * axes, axes);
  }
  const std::int64_t in = x.dims.back(), out = w.dims.front();
  if (groups < 1 || in < 0 || out < 0 || in % groups != 0 || out % groups != 0 ||
      w.dims.back() != in / groups) {
    return c.fail("{} channels in {} groups do not fit the weight {}", c.symbols.text(in), groups,
                  c.text(w));
  }
  Type t{WEFT_F32, {x.dims[0]}};
  for (std::size_t i = 0; i < axes; ++i) {
    const Window window{w.dims[i + 1], stride[i], pad[2 * i], pad[2 * i + 1], dilation[i]};
    WEFT_TRY(std::int64_t size, windows(c, i + 1, x.dims[i + 1], window));
    t.dims.push_back(size);
  }
  t.dims.push_back(out);
  return Types{std::move(t)};
}

// The types of a scan follow from its body: GraphBuilder::Impl::scan_types.
Result<Types> scan(const InferContext& c) { return c.fail("has no body"); }

}  // namespace

const InferRules& contraction_rules() {
  static const auto& rules =
      *new InferRules{{"matmul", matmul}, {"matmul_id", matmul_id}, {"conv", conv}, {"scan", scan}};
  return rules;
}

}  // namespace weft
