// Parameters that a test has in memory, as a backend's store pulls them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/params.hpp"
#include "tests/conformance/array.hpp"
#include "weft/abi/params.h"
#include "weft/status.hpp"

namespace weft::conformance {

/// f32 arrays by the paths that the graph's parameters have. Outlives the stores made of it.
class HostParams {
 public:
  /// An error for a parameter of `table` that `arrays` lacks or has with other dims.
  static Result<std::unique_ptr<HostParams>> create(const ParamTable& table, const std::map<std::string, Array>& arrays);
  const weft_params* abi() const { return &abi_; }

 private:
  HostParams();
  struct Param {
    std::string name;
    Array array;
    uint32_t uses = 0;
    uint64_t rows = 1, row_elems = 1;
  };
  /// The rows from `row` on, in place.
  static weft_slab slab(Param& param, uint64_t row);
  std::vector<Param> params_;
  weft_params abi_{};
};

}  // namespace weft::conformance
