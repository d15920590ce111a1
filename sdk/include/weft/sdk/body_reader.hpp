// Whether a composite's body is the one that a backend's kernel computes.
//
// Equal sequences of calls build equal bodies (weft/abi/builder.h). So the writer of the body is run on a builder that
// builds nothing: it answers each call with the values of the body that is there, and fails at the first call that this
// body was not made by.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/sdk/graph.hpp"
#include "weft/sdk/strided.hpp"
#include "weft/sdk/value_dtype.hpp"

namespace weft::sdk {

class BodyReader {
 public:
  /// `outermost` has the symbols; `row`: that of the node's op, or null.
  BodyReader(const weft_graph& outermost, const Op* row) : symbols_(outermost), row_(row) {
    table_.hdr = WEFT_HDR(weft_builder, describe);
    table_.ctx = this;
    table_.symbol = [](void* c, const weft_symbol* s, uint32_t* out) noexcept {
      return answer(c, [&](BodyReader& r) { *out = r.symbol(*s); });
    };
    table_.input = [](void* c, weft_str, uint32_t, uint32_t, const int64_t*, uint32_t*) noexcept { return none(c); };
    table_.param = [](void* c, weft_str, uint32_t, const int64_t*, uint32_t*) noexcept { return none(c); };
    table_.group = [](void* c, weft_str, uint32_t, int64_t, uint32_t*, weft_group*) noexcept { return none(c); };
    table_.state = [](void* c, weft_str, uint32_t, uint32_t, const int64_t*, double, uint32_t, uint32_t*) noexcept {
      return none(c);
    };
    table_.output = [](void* c, weft_str, uint32_t) noexcept { return none(c); };
    table_.constant = [](void* c, uint32_t dtype, uint32_t rank, const int64_t* dims, const void* data,
                         uint32_t* out) noexcept {
      return answer(c, [&](BodyReader& r) { *out = r.constant(dtype, rank, dims, data); });
    };
    table_.node = [](void* c, weft_str op, uint32_t version, const uint32_t* in, uint32_t n_in, const weft_attr* attr,
                     uint32_t n_attr, uint32_t stride, uint32_t body, uint32_t n_out, uint32_t* out) noexcept {
      return answer(c, [&](BodyReader& r) {
        r.node({view(op), version, body, {in, in + n_in}, attr, n_attr, stride}, n_out, out);
      });
    };
    table_.begin_body = [](void* c, weft_str op, const uint32_t* in, uint32_t n_in, uint32_t* out) noexcept {
      return answer(c, [&](BodyReader& r) { r.begin_body(view(op), {in, in + n_in}, out); });
    };
    table_.begin_scan = [](void* c, const uint32_t*, uint32_t n_in, uint32_t, uint32_t* out) noexcept {
      return answer(c, [&](BodyReader& r) { r.open("scan", n_in, out); });  // its node has the inputs
    };
    table_.end_body = [](void* c, const uint32_t* outputs, uint32_t n, uint32_t* out) noexcept {
      return answer(c, [&](BodyReader& r) { *out = r.end_body({outputs, outputs + n}); });
    };
    table_.describe = [](void* c, uint32_t value, weft_value* out) noexcept {
      return answer(c, [&](BodyReader& r) { r.describe(value, out); });
    };
  }
  BodyReader(const BodyReader&) = delete;  // the table points at it
  BodyReader& operator=(const BodyReader&) = delete;

  /// Whether `body` is what `write` writes for its inputs and these attributes of its node.
  bool reads(const weft_graph& body, const std::vector<weft_attr>& attrs, BodyWriter write) {
    try {
      levels_ = {{&body}};
      handles_.clear();
      std::vector<Tensor> in;
      for (uint32_t i = 0; i < body.n_inputs; ++i) in.push_back({handle(body.inputs[i])});
      Graph graph(table_);
      const std::vector<Tensor> out = write(graph, in, Attributes(row_, attrs));
      std::vector<uint32_t> ids;
      for (Tensor t : out) ids.push_back(t.id);
      return ended(ids);
    } catch (const Error& e) {  // the writer refuses these inputs, or has made a call that is not in the body
      if (e.code() == WEFT_RESOURCE_EXHAUSTED) throw;
      return false;
    }
  }

 private:
  struct Level {
    const weft_graph* body;
    uint32_t next = 0;  // the node that the next call of node() should write
  };
  struct Handle {
    const weft_graph* body;
    uint32_t value;
  };
  struct Written {
    std::string_view op;
    uint32_t version, body;
    std::vector<uint32_t> in;
    const weft_attr* attr;
    uint32_t n_attr, stride;
  };

  template <class F>
  static weft_status* answer(void* ctx, const F& f) noexcept {
    return guard(host_slot(), [&] { f(*static_cast<BodyReader*>(ctx)); });
  }
  static weft_status* none(void* ctx) noexcept {
    return answer(ctx, [](BodyReader&) { differs(); });
  }
  [[noreturn]] static void differs() { fail(WEFT_FAILED_PRECONDITION, "this call has not made the body"); }
  static void expect(bool same) {
    if (!same) differs();
  }

  Level& top() { return levels_.back(); }
  uint32_t handle(uint32_t value) {
    if (value == WEFT_NONE) return WEFT_NONE;
    handles_.push_back({top().body, value});
    return static_cast<uint32_t>(handles_.size() - 1);
  }
  uint32_t local(uint32_t h) {
    if (h == WEFT_NONE) return WEFT_NONE;
    expect(h < handles_.size() && handles_[h].body == top().body);
    return handles_[h].value;
  }
  const weft_node& next() {
    const Level& l = top();
    expect(l.next < l.body->n_nodes);
    return strided(l.body->nodes, l.body->node_stride, l.next);
  }

  uint32_t symbol(weft_symbol wanted) {
    const auto at = [&](uint32_t i) -> const weft_symbol& {
      expect(i < symbols_.n_symbols);
      return strided(symbols_.symbols, symbols_.symbol_stride, i);
    };
    // As the host keeps derived symbols, with what changes nothing left out.
    const bool binary = wanted.op == WEFT_SYM_MUL || wanted.op == WEFT_SYM_ADD;
    if (wanted.op == WEFT_SYM_ADD_CONST && at(wanted.a).op == WEFT_SYM_ADD_CONST) {
      expect(!__builtin_add_overflow(wanted.k, at(wanted.a).k, &wanted.k));
      wanted.a = at(wanted.a).a;
    }
    if ((wanted.op == WEFT_SYM_MUL_CONST || wanted.op == WEFT_SYM_DIV_CONST) && wanted.k == 1) return wanted.a;
    if (wanted.op == WEFT_SYM_ADD_CONST && wanted.k == 0) return wanted.a;
    if (binary && wanted.a > wanted.b) std::swap(wanted.a, wanted.b);
    for (uint32_t i = 0; i < symbols_.n_symbols; ++i) {
      const weft_symbol& s = at(i);
      if (s.op != wanted.op) continue;
      const bool same = s.op == WEFT_SYM_FREE ? view(s.name) == view(wanted.name)
                                              : s.a == wanted.a && (binary ? s.b == wanted.b : s.k == wanted.k);
      if (same) return i;
    }
    differs();
  }

  uint32_t constant(uint32_t dtype, uint32_t rank, const int64_t* dims, const void* data) {
    uint64_t bytes = element_bytes(dtype);
    for (uint32_t i = 0; i < rank; ++i) expect(!__builtin_mul_overflow(bytes, static_cast<uint64_t>(dims[i]), &bytes));
    const weft_graph& body = *top().body;
    for (uint32_t i = 0; i < body.n_values; ++i) {
      const weft_value& v = strided(body.values, body.value_stride, i);
      if (v.kind == WEFT_CONST && v.dtype == dtype && std::equal(v.dims, v.dims + v.rank, dims, dims + rank) &&
          (bytes == 0 || std::memcmp(v.data, data, bytes) == 0))
        return handle(i);
    }
    differs();
  }

  void node(const Written& w, uint32_t n_out, uint32_t* out) {
    const weft_node& n = next();
    expect(view(top().body->op_names[n.op]) == w.op && n.version == w.version && n.body == w.body &&
           n.n_in == w.in.size() && n.n_out == n_out && n.n_attr == w.n_attr);
    for (uint32_t i = 0; i < n.n_in; ++i) expect(n.in[i] == local(w.in[i]));
    for (uint32_t i = 0; i < n.n_attr; ++i) {
      const weft_attr &is = strided(n.attr, n.attr_stride, i), &wanted = strided(w.attr, w.stride, i);
      const uint64_t bytes = uint64_t{is.count} * (is.type == WEFT_ATTR_STR ? 1 : 8);
      expect(view(is.key) == view(wanted.key) && is.type == wanted.type && is.count == wanted.count &&
             (bytes == 0 || std::memcmp(is.data, wanted.data, bytes) == 0));
    }
    for (uint32_t i = 0; i < n_out; ++i) out[i] = handle(n.out[i]);
    ++top().next;
  }

  void begin_body(std::string_view op, const std::vector<uint32_t>& in, uint32_t* out) {
    const weft_node& n = next();
    expect(n.n_in == in.size());
    for (uint32_t i = 0; i < n.n_in; ++i) expect(n.in[i] == local(in[i]));
    open(op, n.n_in, out);
  }

  void open(std::string_view op, uint32_t n_in, uint32_t* out) {
    const weft_node& n = next();
    expect(view(top().body->op_names[n.op]) == op && n.body != 0 && n.body <= top().body->n_bodies);
    const weft_graph& body = *top().body->bodies[n.body - 1];
    expect(body.n_inputs == n_in);
    levels_.push_back({&body});
    for (uint32_t i = 0; i < n_in; ++i) out[i] = handle(body.inputs[i]);
  }

  uint32_t end_body(const std::vector<uint32_t>& outputs) {
    expect(ended(outputs));
    levels_.pop_back();
    expect(!levels_.empty());
    return next().body;
  }

  /// Whether the top body has no more nodes, and these outputs.
  bool ended(const std::vector<uint32_t>& outputs) {
    const weft_graph& body = *top().body;
    if (top().next != body.n_nodes || outputs.size() != body.n_outputs) return false;
    for (uint32_t i = 0; i < body.n_outputs; ++i) {
      if (body.outputs[i] != local(outputs[i])) return false;
    }
    return true;
  }

  void describe(uint32_t h, weft_value* out) {
    expect(h < handles_.size());
    const weft_graph& body = *handles_[h].body;
    const weft_value& v = strided(body.values, body.value_stride, handles_[h].value);
    const weft_hdr hdr = out->hdr;
    std::memcpy(out, &v, std::min(hdr.struct_size, v.hdr.struct_size));
    out->hdr = hdr;
  }

  const weft_graph& symbols_;
  const Op* row_;
  std::vector<Level> levels_;
  std::vector<Handle> handles_;
  weft_builder table_{};
};

}  // namespace weft::sdk
