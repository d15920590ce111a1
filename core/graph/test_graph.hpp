// How the tests of this folder build graphs: through the builder's vtable, with every call checked.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/status_abi.hpp"
#include "core/graph/builder.hpp"

namespace weft::test {

class Writer {
 public:
  explicit Writer(ParamTable& params, std::string name = "step")
      : builder({.name = std::move(name), .params = &params}), b(*builder.abi()) {}

  std::int64_t free(std::string_view name) {
    weft_symbol s{};
    s.hdr.struct_size = sizeof s;
    s.name = to_str(name);
    return define(s);
  }
  std::int64_t derived(std::uint32_t op, std::int64_t a, std::int64_t b_or_k) {
    weft_symbol s{};
    s.hdr.struct_size = sizeof s;
    s.op = op;
    s.a = static_cast<std::uint32_t>(~a);
    if (op == WEFT_SYM_MUL || op == WEFT_SYM_ADD)
      s.b = static_cast<std::uint32_t>(~b_or_k);
    else
      s.k = b_or_k;
    return define(s);
  }
  std::uint32_t input(std::string_view name, const Dims& d, std::uint32_t dtype = WEFT_F32) {
    return take([&](auto* o) { return b.input(b.ctx, to_str(name), dtype, size(d), d.data(), o); });
  }
  std::uint32_t param(std::string_view name, const Dims& d) {
    return take([&](auto* o) { return b.param(b.ctx, to_str(name), size(d), d.data(), o); });
  }
  std::uint32_t scalar(float v, std::size_t rank) {
    const Dims d(rank, 1);
    return take([&](auto* o) { return b.constant(b.ctx, WEFT_F32, size(d), d.data(), &v, o); });
  }
  weft_group group(std::string_view name, std::uint32_t kind, std::uint32_t* id) {
    weft_group g{};
    g.hdr.struct_size = sizeof g;
    ok(b.group(b.ctx, to_str(name), kind, 0, id, &g));
    return g;
  }
  std::uint32_t state(std::string_view name, std::uint32_t group, const Dims& d) {
    return take(
        [&](auto* o) { return b.state(b.ctx, to_str(name), group, size(d), d.data(), 0, 0, o); });
  }
  std::uint32_t node(std::string_view op, const std::vector<std::uint32_t>& in,
                     const std::vector<std::pair<std::string, Dims>>& attrs = {},
                     std::uint32_t body = 0) {
    std::uint32_t out = WEFT_NONE;
    ok(raw(op, in, attrs, body, 1, &out));
    return out;
  }
  /// The error of a node that must be refused.
  std::string refusal(std::string_view op, const std::vector<std::uint32_t>& in,
                      const std::vector<std::pair<std::string, Dims>>& attrs = {}) {
    std::uint32_t out[2];
    return std::string(from_abi(raw(op, in, attrs, 0, 1, out)).message());
  }
  std::vector<std::uint32_t> begin(std::string_view op, const std::vector<std::uint32_t>& in) {
    std::vector<std::uint32_t> inner(in.size());
    ok(b.begin_body(b.ctx, to_str(op), in.data(), size(in), inner.data()));
    return inner;
  }
  std::uint32_t end(const std::vector<std::uint32_t>& outs) {
    return take([&](auto* o) { return b.end_body(b.ctx, outs.data(), size(outs), o); });
  }
  void output(std::string_view name, std::uint32_t v) { ok(b.output(b.ctx, to_str(name), v)); }
  Dims dims(std::uint32_t v) {
    weft_value d{};
    d.hdr.struct_size = sizeof d;
    ok(b.describe(b.ctx, v, &d));
    return d.rank ? Dims(d.dims, d.dims + d.rank) : Dims{};
  }
  std::uint32_t dtype(std::uint32_t v) {
    weft_value d{};
    d.hdr.struct_size = sizeof d;
    ok(b.describe(b.ctx, v, &d));
    return d.dtype;
  }
  Graph finish() {
    auto g = builder.finish();
    EXPECT_TRUE(g.ok()) << g.status().message();
    return g.ok() ? std::move(*g) : Graph{};
  }

  /// Adds (x + x)^2: a composite "square" of mul, with a composite "double" of add inside.
  std::uint32_t square_plus(std::uint32_t x) {
    auto in = begin("square", {x});
    auto inner = begin("double", {in[0]});
    const std::uint32_t twice = end({node("add", {inner[0], inner[0]})});
    const std::uint32_t d = node("double", {in[0]}, {}, twice);
    return node("square", {x}, {}, end({node("mul", {d, d})}));
  }

  GraphBuilder builder;
  const weft_builder& b;

 private:
  template <class V>
  static std::uint32_t size(const V& v) {
    return static_cast<std::uint32_t>(v.size());
  }
  static void ok(weft_status* s) {
    const Status status = from_abi(s);
    EXPECT_TRUE(status.ok()) << status.message();
  }
  template <class F>
  static std::uint32_t take(F&& f) {
    std::uint32_t out = WEFT_NONE;
    ok(f(&out));
    return out;
  }
  std::int64_t define(const weft_symbol& s) {
    return ~static_cast<std::int64_t>(take([&](auto* o) { return b.symbol(b.ctx, &s, o); }));
  }
  weft_status* raw(std::string_view op, const std::vector<std::uint32_t>& in,
                   const std::vector<std::pair<std::string, Dims>>& attrs, std::uint32_t body,
                   std::uint32_t n_out, std::uint32_t* out) {
    std::vector<weft_attr> r;
    for (const auto& [key, v] : attrs) {
      r.push_back({{sizeof(weft_attr), 0}, to_str(key), WEFT_ATTR_I64, size(v), v.data()});
    }
    return b.node(b.ctx, to_str(op), 1, in.data(), size(in), r.data(), size(r), sizeof(weft_attr),
                  body, n_out, out);
  }
};

}  // namespace weft::test
