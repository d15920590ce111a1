// A case on a backend.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/conformance/op_runner.hpp"
#include "tests/onnx/graph_case.hpp"

namespace weft::onnx {

/// A case that is ready to run anywhere, or why it is not.
struct PreparedCase {
  const Case* of = nullptr;
  std::string refused;  // the key of a line of reasons.txt; empty: it can run
  std::string error;    // what weft says where it does not take the graph; empty: nothing
  bool scans = true;    // as GraphOfCase has it
  Known known;          // what decides how the graph looks and is no input, as `reference` computes it
};

PreparedCase prepare(const Case& c);

/// What is wrong with the results on the backend, as --backend takes it; empty: nothing.
std::string verdict(const PreparedCase& c, const std::string& backend);

}  // namespace weft::onnx
