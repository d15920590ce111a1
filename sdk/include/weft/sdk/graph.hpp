// Writing a graph: the primitives as functions of tensors, and composites with their bodies.
//
// A Dim is a size, or ~id of a symbol (see weft/abi/graph.h). The host infers and checks shapes; a wrong call throws
// sdk::Error itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/abi/builder.h"
#include "weft/sdk/attributes.hpp"
#include "weft/sdk/composites.hpp"
#include "weft/sdk/error.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::sdk {

using Dim = int64_t;
using Dims = std::vector<Dim>;

/// A value of the graph being built; the default one is absent.
struct Tensor {
  uint32_t id = WEFT_NONE;
  bool present() const { return id != WEFT_NONE; }
};

enum class Compare : int64_t { kEq = 0, kNe = 1, kLt = 2, kLe = 3, kGt = 4, kGe = 5 };
enum class Reduce : int64_t { kSum = 0, kMax = 1, kMin = 2 };

class Graph;
/// Writes the body of a composite and returns its outputs. What it writes follows from the inputs' types and the
/// attributes alone, so that a backend can tell whether a body is this one.
using BodyWriter = std::vector<Tensor> (*)(Graph& g, const std::vector<Tensor>& in, const Attributes& attrs);

class Graph {
 public:
  explicit Graph(const weft_builder& builder) : b_(builder) {}

  // --- symbols -----------------------------------------------------------------------------
  /// A size that the host sets, at most `most`; 0: as large as the host allows.
  Dim symbol(std::string_view name, int64_t most = 0) {
    return define({.name = name, .max = most, .op = WEFT_SYM_FREE});
  }
  Dim add(Dim a, int64_t k) {
    return a >= 0 ? a + k : define({.op = WEFT_SYM_ADD_CONST, .a = sym(a), .k = k});
  }
  Dim mul(Dim a, Dim b) {
    if (a >= 0 && b >= 0) return a * b;
    if (a >= 0) std::swap(a, b);
    if (b >= 0) return define({.op = WEFT_SYM_MUL_CONST, .a = sym(a), .k = b});
    return define({.op = WEFT_SYM_MUL, .a = sym(a), .b = sym(b)});
  }
  /// a / k, rounded down; k at least 1.
  Dim div(Dim a, int64_t k) { return a >= 0 ? a / k : define({.op = WEFT_SYM_DIV_CONST, .a = sym(a), .k = k}); }

  // --- leaves ------------------------------------------------------------------------------
  Tensor input(std::string_view name, uint32_t dtype, const Dims& dims) {
    Tensor t;
    check(b_.input(b_.ctx, str(name), dtype, rank(dims), dims.data(), &t.id));
    return t;
  }
  Tensor param(std::string_view path, const Dims& dims) {
    Tensor t;
    check(b_.param(b_.ctx, str(path), rank(dims), dims.data(), &t.id));
    return t;
  }
  weft_group group(std::string_view name, uint32_t kind, int64_t window, uint32_t* id) {
    weft_group g{};
    g.hdr = WEFT_HDR(weft_group, reserved);
    check(b_.group(b_.ctx, str(name), kind, window, id, &g));
    return g;
  }
  Tensor state(std::string_view name, uint32_t group, const Dims& entry, double fill = 0,
               bool keep_f32 = false) {
    Tensor t;
    check(b_.state(b_.ctx, str(name), group, rank(entry), entry.data(), fill, keep_f32, &t.id));
    return t;
  }
  Tensor constant(const std::vector<float>& values, const Dims& dims) {
    return constant(WEFT_F32, values.data(), dims);
  }
  Tensor constant(const std::vector<int32_t>& values, const Dims& dims) {
    return constant(WEFT_I32, values.data(), dims);
  }
  /// One f32 with the given rank, all dims 1.
  Tensor scalar(float v, std::size_t rank) { return constant(std::vector<float>{v}, Dims(rank, 1)); }
  Tensor scalar_i32(int32_t v, std::size_t rank) {
    return constant(std::vector<int32_t>{v}, Dims(rank, 1));
  }

  void output(std::string_view name, Tensor t) { check(b_.output(b_.ctx, str(name), t.id)); }

  Dims dims(Tensor t) {
    const weft_value v = described(t);
    return Dims(v.dims, v.dims + v.rank);
  }

  // --- primitives: semantics in docs/reference/ops.md -------------------------------------
  Tensor unary(std::string_view op, Tensor x) { return node(op, {x}, {}); }
  Tensor exp(Tensor x) { return unary("exp", x); }
  Tensor rsqrt(Tensor x) { return unary("rsqrt", x); }
  Tensor sin(Tensor x) { return unary("sin", x); }
  Tensor cos(Tensor x) { return unary("cos", x); }
  Tensor tanh(Tensor x) { return unary("tanh", x); }
  Tensor erf(Tensor x) { return unary("erf", x); }
  Tensor sigmoid(Tensor x) { return unary("sigmoid", x); }
  Tensor add(Tensor a, Tensor b) { return node("add", {a, b}, {}); }
  Tensor sub(Tensor a, Tensor b) { return node("sub", {a, b}, {}); }
  Tensor mul(Tensor a, Tensor b) { return node("mul", {a, b}, {}); }
  Tensor div(Tensor a, Tensor b) { return node("div", {a, b}, {}); }
  Tensor max(Tensor a, Tensor b) { return node("max", {a, b}, {}); }
  Tensor min(Tensor a, Tensor b) { return node("min", {a, b}, {}); }
  Tensor pow(Tensor a, Tensor b) { return node("pow", {a, b}, {}); }
  Tensor compare(Compare kind, Tensor a, Tensor b) {
    return node("compare", {a, b}, {Attr::i64("kind", static_cast<int64_t>(kind))});
  }
  Tensor select(Tensor mask, Tensor a, Tensor b) { return node("select", {mask, a, b}, {}); }
  Tensor cast(Tensor x, uint32_t dtype) { return node("cast", {x}, {Attr::i64("dtype", dtype)}); }
  Tensor cumsum(Tensor x, int64_t axis, bool exclusive = false) {
    return node("cumsum", {x}, {Attr::i64("axis", axis), Attr::i64("exclusive", exclusive ? 1 : 0)});
  }
  Tensor reduce(Reduce kind, Tensor x, int64_t axis) {  // the axis stays, with size 1
    return node("reduce", {x},
                {Attr::i64("kind", static_cast<int64_t>(kind)), Attr::i64("axis", axis),
                 Attr::i64("keep", 1)});
  }
  Tensor reshape(Tensor x, const Dims& d) { return node("reshape", {x}, {Attr::ints("dims", d)}); }
  Tensor transpose(Tensor x, const Dims& perm) {
    return node("transpose", {x}, {Attr::ints("perm", perm)});
  }
  Tensor concat(std::vector<Tensor> xs, int64_t axis) {
    return node("concat", std::move(xs), {Attr::i64("axis", axis)});
  }
  Tensor slice(Tensor x, int64_t axis, int64_t start, Dim size) {
    return node("slice", {x},
                {Attr::i64("axis", axis), Attr::i64("start", start), Attr::i64("size", size)});
  }
  /// 0, 1, 2 ... along `axis` of an i32 tensor of the given dims.
  Tensor iota(const Dims& d, int64_t axis) {
    return node("iota", {}, {Attr::ints("dims", d), Attr::i64("axis", axis),
                             Attr::i64("dtype", WEFT_I32)});
  }
  Tensor gather(Tensor x, Tensor index, int64_t axis = 0, int64_t batch = 0) {
    return node("gather", {x, index}, {Attr::i64("axis", axis), Attr::i64("batch", batch)});
  }
  Tensor scatter(Tensor x, Tensor index, Tensor update) {
    return node("scatter", {x, index, update}, {Attr::i64("kind", 0)});
  }
  Tensor broadcast(Tensor x, const Dims& dims) { return node("broadcast", {x}, {Attr::ints("dims", dims)}); }
  Tensor scatter_add(Tensor x, Tensor index, Tensor update) {
    return node("scatter", {x, index, update}, {Attr::i64("kind", 1)});
  }
  /// a [..., M, K] by b [..., K, N], or [..., N, K] when `tb`.
  Tensor matmul(Tensor a, Tensor b, bool tb = false) {
    return node("matmul", {a, b}, {Attr::i64("ta", 0), Attr::i64("tb", tb)});
  }

  /// The k largest of the last axis, in descending order: their values and, as i32, their indices; both [..., k].
  std::pair<Tensor, Tensor> top_k(Tensor x, int64_t k) {
    const std::vector<Tensor> out = emit("top_k", 1, {x}, {Attr::i64("k", k)}, 0, 2);
    return {out[0], out[1]};
  }
  /// a [N, J or 1, K] by w[id] of w [E, M, K], id [N, J]: [N, J, M].
  Tensor matmul_id(Tensor a, Tensor w, Tensor id) { return node("matmul_id", {a, w, id}, {}); }

  /// Runs `body` for each token of each sequence in order; docs/reference/ops.md has the semantics. carries: states
  /// of one SLOT group. body(rows of carries, rows of xs, consts) returns the new rows of the carries, then the rows of
  /// the results. Returns the carries as states, then the results [T, ...].
  template <class Body>
  std::vector<Tensor> scan(const weft_group& group, Tensor seq_start, const std::vector<Tensor>& carries,
                           const std::vector<Tensor>& xs, const std::vector<Tensor>& consts, bool reverse,
                           Body&& body) {
    std::vector<Tensor> outer = carries;
    outer.insert(outer.end(), xs.begin(), xs.end());
    const uint32_t rows = size32(outer);
    outer.insert(outer.end(), consts.begin(), consts.end());
    const std::vector<uint32_t> ids = ids_of(outer);
    std::vector<uint32_t> inner(outer.size());
    check(b_.begin_scan(b_.ctx, ids.data(), size32(ids), rows, inner.data()));
    std::vector<Tensor> inputs;
    for (uint32_t id : inner) inputs.push_back({id});
    const std::vector<Tensor> results = body(inputs);
    const std::vector<uint32_t> outs = ids_of(results);
    uint32_t body_id = 0;
    check(b_.end_body(b_.ctx, outs.data(), size32(outs), &body_id));
    std::vector<Tensor> in = carries;
    in.insert(in.end(), {{group.slot_in}, {group.slot}, seq_start});
    in.insert(in.end(), outer.begin() + static_cast<std::ptrdiff_t>(carries.size()), outer.end());
    return emit(
        "scan", 1, in,
        {Attr::i64("n_carry", static_cast<int64_t>(carries.size())), Attr::i64("n_xs", static_cast<int64_t>(xs.size())),
         Attr::i64("n_const", static_cast<int64_t>(consts.size())), Attr::i64("reverse", reverse)},
        body_id, size32(outs));
  }
  /// x [N, axes, C] by w [O, axes, C/groups], channels last.
  Tensor conv(Tensor x, Tensor w, const std::vector<Attr>& attrs) { return node("conv", {x, w}, attrs); }

  // --- composites ----------------------------------------------------------------------------
  /// An op with a body: `body(inputs)` writes it from primitives and simpler composites and returns its outputs. Inputs
  /// that are absent outside are absent inside. `op` has a dot, as "com.acme.mixer": names without one are weft's.
  template <class Body>
  std::vector<Tensor> composite(std::string_view op, uint32_t version, const std::vector<Tensor>& in,
                                const std::vector<Attr>& attrs, Body&& body) {
    check_composite(op, version, in, attrs);
    std::vector<uint32_t> ids = ids_of(in), inner(in.size());
    check(b_.begin_body(b_.ctx, str(op), ids.data(), size32(ids), inner.data()));
    std::vector<Tensor> inputs;
    for (uint32_t id : inner) inputs.push_back({id});
    std::vector<Tensor> results = body(inputs);
    std::vector<uint32_t> outs = ids_of(results);
    uint32_t body_id = 0;
    check(b_.end_body(b_.ctx, outs.data(), size32(outs), &body_id));
    return emit(op, version, in, attrs, body_id, size32(outs));
  }
  /// The same with a body that a backend may be given too: Interpreter::kernel, KernelOptions::body.
  WEFT_SDK_INLINE std::vector<Tensor> composite(std::string_view op, uint32_t version, const std::vector<Tensor>& in,
                                                const std::vector<Attr>& attrs, BodyWriter body) {
    const Attributes read(find_op(kComposites, op, version), abi_of(attrs));
    return composite(op, version, in, attrs,
                     [&](const std::vector<Tensor>& inner) { return body(*this, inner, read); });
  }

  Tensor node(std::string_view op, std::vector<Tensor> in, const std::vector<Attr>& attrs) {
    return emit(op, 1, in, attrs, 0, 1)[0];
  }

 private:
  static uint32_t rank(const Dims& d) { return static_cast<uint32_t>(d.size()); }
  static uint32_t sym(Dim d) { return static_cast<uint32_t>(~d); }
  template <class V>
  static uint32_t size32(const V& v) {
    return static_cast<uint32_t>(v.size());
  }
  static std::vector<uint32_t> ids_of(const std::vector<Tensor>& ts) {
    std::vector<uint32_t> ids;
    for (Tensor t : ts) ids.push_back(t.id);
    return ids;
  }
  struct Symbol {  // weft_symbol, of which each kind uses some fields
    std::string_view name = {};
    int64_t max = 0;
    uint32_t op = 0, a = 0, b = 0;
    int64_t k = 0;
  };
  Dim define(const Symbol& s) {
    const weft_symbol given{WEFT_HDR(weft_symbol, k), str(s.name), s.max, s.op, s.a, s.b, 0, s.k};
    uint32_t id = 0;
    check(b_.symbol(b_.ctx, &given, &id));
    return ~static_cast<Dim>(id);
  }
  Tensor constant(uint32_t dtype, const void* data, const Dims& dims) {
    Tensor t;
    check(b_.constant(b_.ctx, dtype, rank(dims), dims.data(), data, &t.id));
    return t;
  }
  static std::vector<weft_attr> abi_of(const std::vector<Attr>& attrs) {
    std::vector<weft_attr> raw;
    for (const Attr& a : attrs) raw.push_back(to_abi(a));
    return raw;
  }
  weft_value described(Tensor t) {
    weft_value v{};
    v.hdr = WEFT_HDR(weft_value, data);
    check(b_.describe(b_.ctx, t.id, &v));
    return v;
  }
  /// Refuses composites of weft's names that weft does not have, and what does not fit their rows. Which inputs are
  /// states the host knows.
  WEFT_SDK_INLINE void check_composite(std::string_view op, uint32_t version, const std::vector<Tensor>& in,
                                       const std::vector<Attr>& attrs) {
    if (!is_weft_name(op)) return;
    const Op* row = find_op(kComposites, op, version);
    if (row == nullptr) {
      refuse(std::string(op) + ": weft has no composite of this name and version " + std::to_string(version) +
             "; names of others have a dot, as com.acme." + std::string(op));
    }
    const auto input = [&](std::size_t i) {
      if (!in[i].present()) return GivenInput{};
      const weft_value v = described(in[i]);
      return GivenInput{true, v.dtype, v.rank, true};
    };
    std::string reason = inputs_unfit(*row, in.size(), input, [&](std::size_t i) {
      const weft_value v = described(in[i]);
      return std::string(value_dtype(v.dtype).name) + " of rank " + std::to_string(v.rank);
    });
    if (reason.empty()) {
      reason = attributes_unfit(*row, attrs.size(), [&](std::size_t i) { return given(to_abi(attrs[i])); });
    }
    if (!reason.empty()) refuse(std::string(op) + ": " + reason);
  }
  WEFT_SDK_INLINE std::vector<Tensor> emit(std::string_view op, uint32_t version, const std::vector<Tensor>& in,
                                           const std::vector<Attr>& attrs, uint32_t body, uint32_t n_out) {
    const std::vector<weft_attr> raw = abi_of(attrs);
    std::vector<uint32_t> ids = ids_of(in), outs(n_out);
    check(b_.node(b_.ctx, str(op), version, ids.data(), size32(ids), raw.data(), size32(raw),
                  sizeof(weft_attr), body, n_out, outs.data()));
    std::vector<Tensor> results;
    for (uint32_t id : outs) results.push_back({id});
    return results;
  }

  const weft_builder& b_;
};

/// total / parts, where it comes out even; else refused, as symbols are.
inline int64_t each_of(int64_t parts, int64_t total) {
  if (parts <= 0 || total < 0 || total % parts != 0)
    refuse(std::to_string(total) + " do not go into " + std::to_string(parts) + " equal parts");
  return total / parts;
}

/// A path of names, as checkpoints have it: scope / "self_attn" / "q_proj".
class Scope {
 public:
  Scope(Graph& g, std::string path = "") : g_(&g), path_(std::move(path)) {}
  Scope operator/(std::string_view name) const {
    return {*g_, path_.empty() ? std::string(name) : path_ + "." + std::string(name)};
  }
  Scope operator/(int64_t index) const { return *this / std::to_string(index); }
  Tensor param(std::string_view name, const Dims& dims) const {
    return g_->param((*this / name).path_, dims);
  }
  Graph& graph() const { return *g_; }

 private:
  Graph* g_;
  std::string path_;
};

}  // namespace weft::sdk
