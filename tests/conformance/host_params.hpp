// Parameters in the memory of a test, given to backends through weft_params.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/params.hpp"
#include "tests/conformance/array.hpp"
#include "weft/abi/dtype.h"
#include "weft/abi/params.h"
#include "weft/status.hpp"

namespace weft::conformance {

/// A parameter that is stored in blocks of `dtype` along its rows.
struct Stored {
  const weft_dtype* dtype = nullptr;
  Dims dims;
  std::vector<uint8_t> bytes;
  bool in_place = true;                 // false: `map` gives no rows, and a backend reads them
  uint64_t unmapped_from = UINT64_MAX;  // from this row on `map` gives none either
  std::vector<int32_t> order;           // what weft_params.order gives for every matrix; needs in_place = false

  uint64_t pitch() const { return static_cast<uint64_t>(dims.back()) / dtype->plane[0].cols * dtype->plane[0].bytes; }
  /// The values as f32, columns in the graph's order.
  Array values() const;
};

/// The parameters of a graph, found by their paths. It has to outlive the stores that are made from it.
class HostParams {
 public:
  /// Fails for a parameter of `table` that is in neither map, or is there with other dims.
  static Result<std::unique_ptr<HostParams>> create(const ParamTable& table, const std::map<std::string, Array>& arrays,
                                                    const std::map<std::string, Stored>& stored = {});
  const weft_params* abi() const { return &abi_; }

 private:
  HostParams();
  struct Param {
    std::string name;
    Array array;  // f32
    std::optional<Stored> stored;
    uint32_t uses = 0;
    uint64_t rows = 1, row_elems = 1;
  };
  /// The rows from `row` on, where they lie.
  static weft_slab slab(Param& param, uint64_t row);
  std::vector<Param> params_;
  weft_params abi_{};
};

}  // namespace weft::conformance
