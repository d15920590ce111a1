// A case of ONNX written as a graph of weft, node by node.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/onnx/case.hpp"
#include "tests/onnx/values.hpp"

namespace weft::onnx {

class GraphOfCase;

/// A value of an ONNX graph. What is known when the graph is written may have no tensor yet.
struct Slot {
  std::optional<Value> value;
  std::optional<HostTensor> known;
};

/// What composites with states read besides the inputs of the case.
struct StateInputs {
  std::map<std::string, Array> named;    // inputs of the graph, by name
  std::map<std::string, int64_t> sizes;  // of symbols that are on no axis of an input
};

/// By number of the value.
using Scope = std::map<int, std::size_t>;  // to its slot

/// One node of ONNX, as the function that writes its op sees it. What the op cannot express it refuses by `Refused`.
class Node {
 public:
  Node(GraphOfCase& graph, const Json& row, const Scope& scope) : graph_(graph), row_(row), scope_(scope) {}

  std::string op() const { return row_.at(0).get<std::string>(); }
  int64_t opset() const;
  sdk::Graph& g() const;

  std::size_t size() const { return row_.at(1).size(); }  // inputs
  std::size_t results() const { return row_.at(2).size(); }
  bool has(std::size_t input) const { return input < size() && row_.at(1).at(input).get<int>() >= 0; }
  bool wants(std::size_t result) const { return result < results() && row_.at(2).at(result).get<int>() >= 0; }
  /// A tensor of the graph; where the op computes, f32 in the place of floats of 16 bits.
  Value in(std::size_t input) const;
  Values all_in() const;
  /// A result as ONNX has it: f32 that was computed from floats of 16 bits is rounded to their dtype.
  Value rounded(const Value& result) const;
  /// What the input is, where this decides how the graph looks: a shape, an axis, a size.
  const HostTensor& known(std::size_t input) const;
  const std::vector<int64_t>& known_integers(std::size_t input) const { return known(input).integers; }
  /// Its one number.
  double known_number(std::size_t input) const;

  bool given(const char* attribute) const { return attributes().contains(attribute); }
  int64_t integer(const char* attribute, int64_t otherwise) const { return of(attribute, otherwise); }
  double number(const char* attribute, double otherwise) const { return of(attribute, otherwise); }
  std::string text(const char* attribute, const char* otherwise) const {
    return of(attribute, std::string(otherwise));
  }
  std::vector<int64_t> integers(const char* attribute, std::vector<int64_t> otherwise = {}) const {
    return of(attribute, std::move(otherwise));
  }
  std::vector<double> numbers(const char* attribute) const { return of(attribute, std::vector<double>{}); }
  std::vector<std::string> texts(const char* attribute) const { return of(attribute, std::vector<std::string>{}); }
  HostTensor tensor(const char* attribute) const;
  /// The results of the graph that is an attribute, for these inputs.
  Values call(const char* attribute, const Values& inputs) const;
  /// What that graph uses besides its inputs, of values that are not known: by number of the value.
  std::map<int, Value> outer_values(const char* attribute) const;
  /// As `call`, in the body of a scan, where `outer` stand for those values.
  Values call_in_body(const char* attribute, const Values& inputs, const std::map<int, Value>& outer) const;
  bool scans() const;
  /// What the value is, where this decides how the graph looks.
  HostTensor known(const Value& value) const;

  /// The graph's states and the inputs that go with them, for the one node that has any; null for others after it.
  StateInputs* states() const;

 private:
  const Json& attributes() const { return row_.at(3); }
  template <class T>
  T of(const char* attribute, T otherwise) const {
    const auto found = attributes().find(attribute);
    return found == attributes().end() ? otherwise : found->get<T>();
  }
  std::size_t slot(std::size_t input) const { return scope_.at(row_.at(1).at(input).get<int>()); }

  GraphOfCase& graph_;
  const Json& row_;
  const Scope& scope_;
};

using WriteOp = Values (*)(const Node& node);
using Ops = std::map<std::string_view, WriteOp>;

/// What a value must be before more of the graph can be written.
struct MissingValue {
  std::size_t slot;
};

/// A graph that cannot be the body of a scan, as a value in it decides how it looks.
struct NoBody {};

/// Values by slot, of the same case: slots are numbered in the order in which they are written.
using Known = std::map<std::size_t, HostTensor>;

class GraphOfCase {
 public:
  /// `known`: what MissingValue asked for so far. `scans`: whether ONNX's Scan is weft's scan, and is not written out
  /// step by step.
  GraphOfCase(const Case& c, const Known& known, bool scans) : case_(c), known_(known), scans_(scans) {}

  /// Writes the graph. args: the inputs of the case that fit, in order. Returns its results; or, with `only`, the
  /// value of that slot. Throws Refused, MissingValue and NoBody.
  Values write(sdk::Graph& g, const std::vector<sdk::Tensor>& args, std::optional<std::size_t> only = {});
  const StateInputs& states() const { return states_; }

 private:
  friend class Node;
  struct Reached {};

  std::size_t add(Slot slot);
  Value& value(std::size_t slot);
  Dtype dtype(std::size_t slot) const;
  const HostTensor& known(std::size_t slot);
  void write_nodes(const Json& nodes, Scope& scope);
  Values call(const Json& graph, const Values& inputs, const Scope& outer);

  const Case& case_;
  const Known& known_;
  const bool scans_;
  bool in_body_ = false;
  sdk::Graph* g_ = nullptr;
  std::deque<Slot> slots_;  // what they hold stays where it is
  std::optional<std::size_t> only_;
  StateInputs states_;
  bool has_states_ = false;
};

}  // namespace weft::onnx
