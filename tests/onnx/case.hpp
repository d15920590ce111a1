// The node tests of ONNX, as make_cases.py writes them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.hpp"
#include "tests/onnx/host_tensor.hpp"

namespace weft::onnx {

/// The tensors of all cases. [immutable]
class Tensors {
 public:
  /// `rows`: "tensors" of cases.json; `bytes`: tensors.bin.
  Tensors(const Json& rows, std::string bytes) : rows_(rows), bytes_(std::move(bytes)) {}
  /// Refused: a tensor whose values are not kept, by its dtype.
  HostTensor read(std::size_t number) const;

 private:
  const Json& rows_;
  std::string bytes_;
};

struct Case {
  std::string name;
  const Json* row = nullptr;  // as make_cases.py describes it
  const Tensors* tensors = nullptr;

  /// Throws Refused where weft lacks a dtype of the case, or its tensors are not kept.
  void require_data() const;
  double rtol() const { return row->at("rtol").get<double>(); }
  double atol() const { return row->at("atol").get<double>(); }
  int64_t opset() const { return row->at("opset").get<int64_t>(); }
  /// (number of the value, what it is)
  std::vector<std::pair<int, HostTensor>> inputs() const { return read("inputs"); }
  std::vector<std::pair<int, HostTensor>> outputs() const { return read("outputs"); }

 private:
  std::vector<std::pair<int, HostTensor>> read(const char* key) const;
};

/// All cases, by name. Throws where a file is missing or damaged.
const std::vector<Case>& all_cases();

}  // namespace weft::onnx
