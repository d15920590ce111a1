// A graph as the Interpreter runs it: copied out of the ABI's structs, with the lifetimes of its values.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weft/sdk/interpreter_kernels.hpp"
#include "weft/sdk/interpreter_store.hpp"
#include "weft/sdk/value_dtype.hpp"

namespace weft::sdk {

struct ProgramValue {
  uint32_t kind = 0, dtype = 0, index = WEFT_NONE;
  std::vector<int64_t> dims;
  std::vector<uint8_t> constant;
  uint32_t alias_state = WEFT_NONE;  // the state whose memory the value is; WEFT_NONE: none
  uint32_t root = WEFT_NONE;         // the value whose memory it shares; itself unless it is a view made by reshape
};

struct ProgramNode {
  std::string op;
  const Kernel* kernel = nullptr;
  std::vector<uint32_t> in, out;
  std::vector<StoredAttr> attrs;
  std::vector<uint32_t> last_use;              // roots of temps that no later node reads
  std::shared_ptr<const struct Program> body;  // of a scan; else null
};

struct ProgramState {
  uint32_t value = 0, dtype = 0;
  int64_t entry_elems = 1, row_elems = 1, block_tokens = 1;
  float fill = 0;
};

struct Program {
  std::vector<ProgramValue> values;
  std::vector<ProgramNode> nodes;
  std::vector<ProgramState> states;
  std::vector<uint32_t> inputs, outputs;
  WeightStore* store = nullptr;
  uint32_t precision = WEFT_PRECISION_DEFAULT;
  const void* variant = nullptr;  // the device's, see Interpreter::variants

  Program(const weft_graph& g, const Kernels& kernels, WeightStore* weights, uint32_t mode, const void* device_variant)
      : store(weights), precision(mode), variant(device_variant) {
    for (uint32_t i = 0; i < g.n_values; ++i) add_value(strided(g.values, g.value_stride, i));
    for (uint32_t i = 0; i < g.n_states; ++i) add_state(g, strided(g.states, g.state_stride, i));
    inputs.assign(g.inputs, g.inputs + g.n_inputs);
    outputs.assign(g.outputs, g.outputs + g.n_outputs);
    for (uint32_t i = 0; i < g.n_nodes; ++i) add_node(g, strided(g.nodes, g.node_stride, i), kernels);
    plan_lifetimes();
  }

  bool is_output(uint32_t v) const { return std::find(outputs.begin(), outputs.end(), v) != outputs.end(); }

 private:
  void add_value(const weft_value& v) {
    ProgramValue p;
    p.kind = v.kind, p.dtype = v.dtype, p.index = v.index;
    p.dims.assign(v.dims, v.dims + v.rank);
    if (v.kind == WEFT_CONST) {
      uint64_t bytes = element_bytes(v.dtype);
      for (int64_t d : p.dims) bytes *= static_cast<uint64_t>(d);
      const auto* data = static_cast<const uint8_t*>(v.data);
      p.constant.assign(data, data + bytes);
    }
    if (v.kind == WEFT_STATE) p.alias_state = v.index;
    p.root = static_cast<uint32_t>(values.size());
    values.push_back(std::move(p));
  }

  void add_state(const weft_graph& g, const weft_state& s) {
    ProgramState p;
    p.value = s.value, p.dtype = s.dtype;
    for (uint32_t d = 0; d < s.rank; ++d) p.entry_elems *= s.dims[d];
    p.row_elems = s.rank ? s.dims[s.rank - 1] : 1;
    p.block_tokens = strided(g.groups, g.group_stride, s.group).block_tokens;
    p.fill = static_cast<float>(s.fill);
    states.push_back(p);
  }

  void add_node(const weft_graph& g, const weft_node& n, const Kernels& kernels) {
    ProgramNode p;
    p.op = std::string(view(g.op_names[n.op]));
    p.kernel = find_kernel(kernels, g, n);
    if (p.kernel == nullptr) fail(WEFT_UNIMPLEMENTED, "no kernel for " + p.op);
    p.in.assign(n.in, n.in + n.n_in);
    p.out.assign(n.out, n.out + n.n_out);
    for (uint32_t a = 0; a < n.n_attr; ++a) p.attrs.push_back(stored_attr(strided(n.attr, n.attr_stride, a)));
    if (p.op == "scatter" && !p.in.empty()) values[p.out[0]].alias_state = values[p.in[0]].alias_state;
    if (p.op == "scan" && n.body != 0) {
      p.body = std::make_shared<Program>(*g.bodies[n.body - 1], kernels, store, precision, variant);
      for (std::size_t i = 0; i < n_carry(p); ++i) values[p.out[i]].alias_state = values[p.in[i]].alias_state;
    }
    if (p.op == "reshape" && reshapes_in_place(p)) {  // no work: the output is a view of the input's memory
      values[p.out[0]].root = values[p.in[0]].root;
      return;
    }
    if (p.kernel->options.joins && joined(p)) return;
    nodes.push_back(std::move(p));
  }

  bool is_param(uint32_t v) const { return v != WEFT_NONE && values[values[v].root].kind == WEFT_PARAM; }

  /// Adds the node to an earlier node whose kernel can run both in one call; false: there is none.
  bool joined(const ProgramNode& n) {
    if (n.in.size() < 2 || !std::all_of(n.in.begin() + 1, n.in.end(), [&](uint32_t v) { return is_param(v); }))
      return false;
    for (ProgramNode& other : nodes) {
      if (other.kernel != n.kernel || other.in[0] != n.in[0] || other.attrs != n.attrs) continue;
      if ((other.in.size() - 1) * n.out.size() != (n.in.size() - 1) * other.out.size()) continue;
      if (!std::all_of(other.in.begin() + 1, other.in.end(), [&](uint32_t v) { return is_param(v); })) continue;
      other.in.insert(other.in.end(), n.in.begin() + 1, n.in.end());
      other.out.insert(other.out.end(), n.out.begin(), n.out.end());
      return true;
    }
    return false;
  }

  bool reshapes_in_place(const ProgramNode& n) const {
    const ProgramValue& from = values[n.in[0]];
    return from.alias_state == WEFT_NONE && !is_output(n.out[0]);
  }

  static StoredAttr stored_attr(const weft_attr& raw) {
    StoredAttr s;
    s.key = std::string(view(raw.key));
    if (raw.type == WEFT_ATTR_I64)
      s.ints.assign(static_cast<const int64_t*>(raw.data), static_cast<const int64_t*>(raw.data) + raw.count);
    if (raw.type == WEFT_ATTR_F64)
      s.floats.assign(static_cast<const double*>(raw.data), static_cast<const double*>(raw.data) + raw.count);
    if (raw.type == WEFT_ATTR_STR) s.text.assign(static_cast<const char*>(raw.data), raw.count);
    return s;
  }

  static std::size_t n_carry(const ProgramNode& n) {
    for (const StoredAttr& a : n.attrs) {
      if (a.key == "n_carry" && !a.ints.empty() && a.ints[0] >= 0)
        return std::min(static_cast<std::size_t>(a.ints[0]), std::min(n.in.size(), n.out.size()));
    }
    return 0;
  }

  void plan_lifetimes() {
    std::map<uint32_t, std::size_t> last;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      for (uint32_t v : nodes[n].out) last[values[v].root] = n;
      for (uint32_t v : nodes[n].in) {
        if (v != WEFT_NONE) last[values[v].root] = n;
      }
    }
    for (const auto& [v, n] : last) {
      const ProgramValue& value = values[v];
      if (value.kind == WEFT_TEMP && value.alias_state == WEFT_NONE && !is_output(v)) nodes[n].last_use.push_back(v);
    }
  }
};

}  // namespace weft::sdk
