// The blueprint of a checkpoint: which family's it is, the graphs that were asked for, and where their parameters come
// from.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/params.hpp"
#include "core/model/graph_writer.hpp"
#include "core/weights/plan.hpp"

namespace weft {

struct Blueprint {
  std::string architecture, converter, converter_plugin;
  std::unique_ptr<GraphWriter> writer;
  std::vector<WrittenGraph> graphs;  // those that were asked for, the main one first, and what they need
  std::vector<ParamDecl> params;     // of these graphs
  Plan plan;

  const Graph& main() const { return graphs.front().graph; }
  const Json& config() const { return writer->config(); }
  /// The written graph of this role; null: there is none.
  const WrittenGraph* find(std::string_view role) const;
};

Result<Blueprint> make_blueprint(Engine& engine, const Checkpoint& checkpoint, const LoadOptions& options);

}  // namespace weft
