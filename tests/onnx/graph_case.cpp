#include "tests/onnx/graph_case.hpp"

#include <utility>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

/// Graphs of weft give no inputs and constants as they are.
Value computed(const Value& x) { return reshape(x, x.dims); }

}  // namespace

int64_t Node::opset() const { return graph_.case_.opset(); }
sdk::Graph& Node::g() const { return *graph_.g_; }

Value Node::in(std::size_t input) const {
  const Value& x = graph_.value(slot(input));
  return moves(op()) ? x : cast(x, computed_in(x.dtype));
}

Value Node::rounded(const Value& result) const {
  if (moves(op()) || result.dtype != Dtype::kF32) return result;
  for (std::size_t i = 0; i < size(); ++i) {
    const Dtype dtype = has(i) ? graph_.dtype(slot(i)) : Dtype::kF32;
    if (dtype != computed_in(dtype)) return cast(result, dtype);
  }
  return result;
}

Values Node::all_in() const {
  Values all;
  for (std::size_t i = 0; i < size(); ++i) all.push_back(in(i));
  return all;
}

const HostTensor& Node::known(std::size_t input) const { return graph_.known(slot(input)); }
HostTensor Node::known(const Value& value) const { return graph_.known(graph_.add({value, {}})); }

double Node::known_number(std::size_t input) const {
  const HostTensor& t = known(input);
  return is_float(t.dtype) ? static_cast<double>(t.floats.at(0)) : static_cast<double>(t.integers.at(0));
}

HostTensor Node::tensor(const char* attribute) const {
  return graph_.case_.tensors->read(attributes().at(attribute).at("tensor").get<std::size_t>());
}

Values Node::call(const char* attribute, const Values& inputs) const {
  return graph_.call(attributes().at(attribute).at("graph"), inputs, scope_);
}

bool Node::scans() const { return graph_.scans_; }

std::map<int, Value> Node::outer_values(const char* attribute) const {
  std::map<int, Value> outer;
  for (const Json& row : attributes().at(attribute).at("graph").at("nodes")) {
    for (const Json& number : row.at(1)) {
      const auto found = scope_.find(number.get<int>());
      if (found != scope_.end() && !graph_.slots_[found->second].known) {
        outer.emplace(number.get<int>(), graph_.value(found->second));
      }
    }
  }
  return outer;
}

Values Node::call_in_body(const char* attribute, const Values& inputs, const std::map<int, Value>& outer) const {
  Scope scope;
  for (const auto& [number, slot] : scope_) {  // constants of the body are no values outside of it
    if (graph_.slots_[slot].known) scope[number] = graph_.add({{}, graph_.slots_[slot].known});
  }
  for (const auto& [number, value] : outer) scope[number] = graph_.add({value, {}});
  graph_.in_body_ = true;
  Values results = graph_.call(attributes().at(attribute).at("graph"), inputs, scope);
  graph_.in_body_ = false;
  return results;
}

StateInputs* Node::states() const {
  return std::exchange(graph_.has_states_, true) ? nullptr : &graph_.states_;
}

std::size_t GraphOfCase::add(Slot slot) {
  slots_.push_back(std::move(slot));
  if (only_ && *only_ + 1 == slots_.size()) throw Reached{};
  return slots_.size() - 1;
}

Value& GraphOfCase::value(std::size_t slot) {
  Slot& s = slots_[slot];
  if (!s.value) s.value = constant(*g_, *s.known);
  return *s.value;
}

Dtype GraphOfCase::dtype(std::size_t slot) const {
  const Slot& s = slots_[slot];
  return s.value ? s.value->dtype : s.known->dtype;
}

const HostTensor& GraphOfCase::known(std::size_t slot) {
  Slot& s = slots_[slot];
  if (s.known) return *s.known;
  const auto found = known_.find(slot);
  if (found == known_.end() && in_body_) throw NoBody{};
  if (found == known_.end()) throw MissingValue{slot};
  return s.known.emplace(found->second);
}

Values GraphOfCase::write(sdk::Graph& g, const std::vector<sdk::Tensor>& args, std::optional<std::size_t> only) {
  g_ = &g, only_ = only, slots_.clear();
  Scope scope;
  std::size_t next = 0;
  try {
    for (auto& [number, tensor] : case_.inputs()) {
      Slot slot{.value = {}, .known = tensor};
      if (tensor.fits()) slot.value = onnx::value(g, args.at(next++), tensor.dtype);
      scope[number] = add(std::move(slot));
    }
    write_nodes(case_.row->at("nodes"), scope);
  } catch (const Reached&) {
    return {computed(value(*only))};
  }
  Values results;
  for (const Json& output : case_.row->at("outputs")) {
    results.push_back(computed(value(scope.at(output.at(0).get<int>()))));
  }
  return results;
}

void GraphOfCase::write_nodes(const Json& nodes, Scope& scope) {
  for (const Json& row : nodes) {
    const Node node(*this, row, scope);
    std::vector<Slot> made;
    if (auto known = known_result(node)) {
      made.push_back({.value = {}, .known = std::move(*known)});
    } else {
      const WriteOp write = find_op(node.op());
      if (write == nullptr) throw Refused("op " + node.op());
      for (const Value& v : write(node)) made.push_back({.value = node.rounded(v), .known = {}});
    }
    for (std::size_t i = 0; i < node.results(); ++i) {
      const int number = row.at(2).at(i).get<int>();
      if (number < 0) continue;
      if (i >= made.size()) throw Refused(node.op() + ": result " + std::to_string(i));
      scope[number] = add(std::move(made[i]));
    }
  }
}

Values GraphOfCase::call(const Json& graph, const Values& inputs, const Scope& outer) {
  Scope scope = outer;
  std::size_t next = 0;
  for (const Json& number : graph.at("inputs")) scope[number.get<int>()] = add({inputs.at(next++), {}});
  write_nodes(graph.at("nodes"), scope);
  Values results;
  for (const Json& number : graph.at("outputs")) results.push_back(value(scope.at(number.get<int>())));
  return results;
}

}  // namespace weft::onnx
