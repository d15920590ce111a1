// The parameters of one model, in one table for all of its graphs.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/graph.hpp"
#include "weft/abi/params.h"
#include "weft/status.hpp"

namespace weft {

struct ParamDecl {
  std::string name;
  Dims dims;               // sizes, no symbols
  std::uint32_t uses = 0;  // WEFT_USE_*, united over the graphs given to add_uses
};

/// The table that the index of PARAM values refers to. Parameters are in the order in which they were first mentioned.
/// [one thread per table]
class ParamTable {
 public:
  /// RESOURCE_EXHAUSTED by add() when there would be more than `most`.
  explicit ParamTable(std::size_t most = SIZE_MAX) : most_(most) {}
  /// The index of a path, which is added if it is new; an error if it is known with other dims.
  Result<std::uint32_t> add(std::string_view name, const Dims& dims);
  const std::vector<ParamDecl>& all() const { return params_; }
  /// Adds to `uses` how `graph` and its bodies use each parameter.
  void add_uses(const Graph& graph);

 private:
  std::size_t most_;
  std::vector<ParamDecl> params_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
};

/// The WEFT_USE_* of every value of the graph; 0: it is not read.
std::vector<std::uint32_t> value_uses(const Graph& graph);

}  // namespace weft
