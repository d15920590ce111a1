// The parameters of one model: one table for all its named graphs.
#pragma once

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

/// PARAM values of graphs index into it. Order: first mention. [one thread per table]
class ParamTable {
 public:
  /// The index of a path, new or known; an error when it is known with other dims.
  Result<std::uint32_t> add(std::string_view name, const Dims& dims);
  const std::vector<ParamDecl>& all() const { return params_; }
  /// Unites into `uses` how `graph` uses each parameter; bodies are looked through.
  void add_uses(const Graph& graph);

 private:
  std::vector<ParamDecl> params_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
};

/// WEFT_USE_* of every value of the graph (0: not read).
std::vector<std::uint32_t> value_uses(const Graph& graph);

}  // namespace weft
