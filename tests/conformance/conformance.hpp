// The fixture of this folder: each test runs once for each backend under test.
//
// A result is written as a function of the graph and its arguments:
//   const Array y = run({i32({2}, {-7, 7}), i32({2}, {2, 2})},
//                       [](Graph& g, const Tensors& in) { return g.div(in[0], in[1]); });
// Expected values are literal, or come from naive code that stands in the test.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/conformance/op_runner.hpp"

namespace weft::conformance {

using sdk::Attr;
using sdk::Tensor;
using Graph = GraphWriter;
using Tensors = std::vector<Tensor>;
using One = std::function<Tensor(Graph&, const Tensors&)>;

inline constexpr float kInf = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// The backends under test, as --backend takes them.
const std::vector<std::string>& backends();

/// An argument; `dims` names symbols where an axis is not of fixed size: Arg(x, {"T", "4"}).
struct Arg {
  Arg(Array a) : array(std::move(a)), type{array.dtype(), {}} {  // every axis is of fixed size
    for (int64_t d : array.dims) type.dims.push_back(std::to_string(d));
  }
  Arg(Array a, std::vector<std::string> dims) : array(std::move(a)), type{array.dtype(), std::move(dims)} {}
  Array array;
  ArgType type;
};

class Conformance : public testing::TestWithParam<std::string> {
 protected:
  /// All results of a graph. When the graph is refused or does not run, the test fails and there are no results.
  std::vector<Array> run_all(const std::vector<Arg>& args, const Write& write, const FreeSizes& sizes = {}) const;
  /// The one result of a graph; an empty array, and the test fails, when the graph does not run.
  Array run(const std::vector<Arg>& args, const One& write, const FreeSizes& sizes = {}) const;
  /// The code with which a graph that compiles fails when it runs.
  Code failure(const std::vector<Arg>& args, const One& write, const FreeSizes& sizes = {}) const;
  /// The code with which a graph is refused when it is built or compiled.
  Code refusal(const std::vector<Arg>& args, const One& write) const;
  /// Whether the backend has states as q8_0. Each has those of f32, f16 and bf16.
  bool has_states_in_blocks() const;
  /// A runner for more than one run. When the graph is refused, the test fails and the runner is null.
  std::unique_ptr<OpRunner> runner(const std::vector<ArgType>& args, const Write& write,
                                   const RunnerOptions& options = {}) const;
  /// The results of a graph with composites, after comparing them with those of the same graph with each composite
  /// replaced by its body. When they differ by more than `rel` (as in `close`), the test fails and there are no
  /// results.
  std::vector<Array> agreed(const std::vector<ArgType>& args, const Write& write, const Feed& feed,
                            RunnerOptions options = {}, double rel = 1e-5) const;
  /// The results of one run. When it fails, or `runner` is null, there are no results; a run that fails also fails the
  /// test.
  static std::vector<Array> run(OpRunner* runner, const Feed& feed);
};

}  // namespace weft::conformance

/// Defines the suite `name`, whose tests run on every backend.
#define WEFT_CONFORMANCE(name)                                                                                    \
  class name : public ::weft::conformance::Conformance {};                                                       \
  INSTANTIATE_TEST_SUITE_P(, name, ::testing::ValuesIn(::weft::conformance::backends()), [](const auto& info) { \
    std::string text = info.param;                                                                               \
    for (char& c : text) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';                              \
    return text;                                                                                                 \
  })
