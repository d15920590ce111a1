// Graphs inside of nodes: as the body of a scan, or written out as often as they run, which is known when the graph is
// written.
#include <algorithm>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

Values branch(const Node& n) { return n.call(n.known_number(0) != 0 ? "then_branch" : "else_branch", {}); }

Value integers(sdk::Graph& g, const std::vector<int64_t>& values) {
  return constant(g, values, {std::ssize(values)});
}

/// Results that are collected, one for each run of the body.
struct Collected {
  std::vector<Values> parts;  // by result
  void add(const Values& results, std::size_t from) {
    parts.resize(results.size() - from);
    for (std::size_t i = from; i < results.size(); ++i) parts[i - from].push_back(unsqueeze(results[i], 0));
  }
};

Values loop(const Node& n) {
  const auto most = n.has(0) ? static_cast<int64_t>(n.known_number(0)) : int64_t{1} << 20;
  bool on = !n.has(1) || n.known_number(1) != 0;
  Values carried;
  for (std::size_t i = 2; i < n.size(); ++i) carried.push_back(n.in(i));
  const std::size_t count = carried.size();
  Collected collected;
  for (int64_t i = 0; i < most && on; ++i) {
    Values in{number(n.g(), static_cast<double>(i), Dtype::kI64), number(n.g(), 1, Dtype::kBool)};
    in.insert(in.end(), carried.begin(), carried.end());
    const Values out = n.call("body", in);
    on = n.known(out[0]).integers.at(0) != 0;
    carried.assign(out.begin() + 1, out.begin() + 1 + static_cast<std::ptrdiff_t>(count));
    collected.add(out, count + 1);
  }
  for (const Values& parts : collected.parts) carried.push_back(concat(parts, 0));
  return carried;
}

/// By weft's scan: one sequence, whose states start from slot 0 of the kept ones and end in slot 1. Carries are f32.
Values scanned(const Node& n, StateInputs& inputs, const Values& states, const Values& xs) {
  sdk::Graph& g = n.g();
  const int64_t T = xs[0].dim(0);
  uint32_t id = 0;
  weft_group group = g.group("kept", WEFT_GROUP_SLOT, 0, &id);
  std::vector<int64_t> kept(static_cast<std::size_t>(T), -1);
  kept.back() = 1;
  group.slot_in = integers(g, {0}).tensor.id, group.slot = integers(g, kept).tensor.id;
  const std::map<int, Value> outer = n.outer_values("body");
  std::vector<sdk::Tensor> carries, rows, consts;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const sdk::Tensor state = g.state("carry" + std::to_string(i), id, states[i].dims, 0, true);
    carries.push_back(g.scatter(state, integers(g, {0}).tensor, unsqueeze(states[i], 0).tensor));
  }
  for (const Value& x : xs) rows.push_back(x.tensor);
  for (const auto& [number, value] : outer) consts.push_back(value.tensor);
  std::vector<Dtype> dtypes;  // of the results
  const std::vector<sdk::Tensor> out =
      g.scan(group, integers(g, {0, T}).tensor, carries, rows, consts, false, [&](const std::vector<sdk::Tensor>& in) {
        Values args;
        std::map<int, Value> inner;
        std::size_t next = 0;
        for (const Value& state : states) args.push_back(value(g, in[next++], state.dtype));
        for (const Value& x : xs) args.push_back(value(g, in[next++], x.dtype));
        for (const auto& [number, v] : outer) inner.emplace(number, value(g, in[next++], v.dtype));
        std::vector<sdk::Tensor> results;
        for (const Value& v : n.call_in_body("body", args, inner)) {
          results.push_back(v.tensor);
          dtypes.push_back(v.dtype);
        }
        return results;
      });
  Values results;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Value y = value(g, out[i], dtypes[i]);
    results.push_back(i < states.size() ? reshape(gather(y, integers(g, {1}), 0), states[i].dims) : y);
  }
  inputs.named = {{"kept.slot_in", conformance::i32({1}, {0})},
                  {"kept.slot", conformance::i32({T}, conformance::Ints(static_cast<std::size_t>(T), -1))}};
  inputs.sizes = {{"kept:kept", 2}};
  return results;
}

/// Scan of opset 8 has a batch axis, and lengths as first input.
Values scan(const Node& n) {
  const bool batched = n.opset() < 9;
  const std::size_t first = batched ? 1 : 0;
  const auto n_xs = static_cast<std::size_t>(n.integer("num_scan_inputs", 1)), n_states = n.size() - first - n_xs;
  for (const char* order : {"scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions"}) {
    for (int64_t v : n.integers(order)) {
      if (v != 0) throw Refused(std::string("Scan: ") + order);
    }
  }
  const auto input = [&](std::size_t i) {
    const Value x = n.in(first + i);
    if (batched && x.dim(0) != 1) throw Refused("Scan: several batches");
    return batched ? entry(x, 0, 0) : x;
  };
  Values states, xs;
  for (std::size_t i = 0; i < n_states; ++i) states.push_back(input(i));
  for (std::size_t i = 0; i < n_xs; ++i) xs.push_back(input(n_states + i));
  const auto back = [&](Values results) {
    if (batched) std::ranges::transform(results, results.begin(), [](const Value& v) { return unsqueeze(v, 0); });
    return results;
  };
  const bool all_f32 = std::ranges::all_of(states, [](const Value& s) { return s.dtype == Dtype::kF32; });
  StateInputs* const inputs = n.scans() && all_f32 && xs[0].dim(0) > 0 ? n.states() : nullptr;
  if (inputs != nullptr) return back(scanned(n, *inputs, states, xs));
  Collected collected;
  for (int64_t t = 0; t < xs[0].dim(0); ++t) {
    Values in = states;
    for (const Value& x : xs) in.push_back(entry(x, 0, t));
    const Values out = n.call("body", in);
    states.assign(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n_states));
    collected.add(out, n_states);
  }
  for (const Values& parts : collected.parts) states.push_back(concat(parts, 0));
  return back(states);
}

}  // namespace

const Ops kControl = {{"If", branch}, {"Loop", loop}, {"Scan", scan}};

}  // namespace weft::onnx
