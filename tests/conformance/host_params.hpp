// Parameters that a test has in memory, as a backend's store pulls them.
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

/// A parameter in blocks of a dtype along its rows.
struct Stored {
  const weft_dtype* dtype = nullptr;
  Dims dims;
  std::vector<uint8_t> bytes;
  bool in_place = true;        // else rows are read, not mapped
  std::vector<int32_t> order;  // as weft_params has it, of all matrices; needs in_place = false

  uint64_t pitch() const { return static_cast<uint64_t>(dims.back()) / dtype->plane[0].cols * dtype->plane[0].bytes; }
  /// The values, columns in order.
  Array values() const;
};

/// Arrays by the paths that the graph's parameters have. Outlives the stores made of it.
class HostParams {
 public:
  /// An error for a parameter of `table` that neither has, or has with other dims.
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
  /// The rows from `row` on, in place.
  static weft_slab slab(Param& param, uint64_t row);
  std::vector<Param> params_;
  weft_params abi_{};
};

}  // namespace weft::conformance
