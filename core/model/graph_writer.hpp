// An opened blueprint: which graphs it has, and writing them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json_view.hpp"
#include "core/graph/builder.hpp"
#include "core/model/engine.hpp"
#include "core/model/load_options.hpp"
#include "weft/abi/architecture.h"

namespace weft {

/// A graph of a blueprint, before it is written; see weft_graph_info.
struct GraphInfo {
  std::string name, role;
  bool whole_sequences = false;
};

struct WrittenGraph {
  GraphInfo info;
  int64_t step_tokens = 0;  // the most tokens of one step, of all sequences together
  Graph graph;
};

/// [one thread per object]
class GraphWriter {
 public:
  /// Opens the blueprint that `architecture` makes of `config`. The engine and the checkpoint outlive the writer, and
  /// so does the plugin. Errors name the checkpoint.
  static Result<std::unique_ptr<GraphWriter>> open(Engine& engine, const Checkpoint& checkpoint,
                                                   const LoadOptions& options, const Interface& architecture,
                                                   Json&& config);
  ~GraphWriter();
  GraphWriter(const GraphWriter&) = delete;
  GraphWriter& operator=(const GraphWriter&) = delete;

  const std::vector<GraphInfo>& graphs() const { return graphs_; }
  /// The graph of this name, otherwise the first of this role; "": the model's first. FAILED_PRECONDITION: the model
  /// has neither.
  Result<const GraphInfo*> find(std::string_view name_or_role) const;
  int64_t vocab() const { return vocab_; }
  int64_t max_context() const { return max_context_; }
  int64_t context() const { return context_; }
  int64_t start_token() const { return start_token_; }
  const std::string& plugin() const { return plugin_; }
  const Json& config() const { return config_; }
  weft_json config_view() const { return make_json_view(&config_); }

  /// Writes a graph. Its parameters join `params`, with the uses that it makes of them.
  Result<WrittenGraph> write(const GraphInfo& info, ParamTable& params) const;

 private:
  GraphWriter(Engine& engine, const Checkpoint& checkpoint, const LoadOptions& options)
      : engine_(engine), checkpoint_(checkpoint), options_(options) {}
  Status read_info();
  Status read_graphs(const weft_model_info& info);
  Status settle_context();
  Result<uint32_t> state_dtype(const GraphInfo& info) const;
  int64_t step_tokens(const GraphInfo& info) const;
  bool lives_for_one_step(const GraphInfo& info) const;
  bool reads_source() const;
  Status check_rows(const GraphInfo& info, const Graph& graph) const;

  Engine& engine_;
  const Checkpoint& checkpoint_;
  LoadOptions options_;
  std::string plugin_;
  Json config_;
  const weft_architecture* api_ = nullptr;
  void* model_ = nullptr;
  std::vector<GraphInfo> graphs_;
  int64_t vocab_ = 0, max_context_ = 0, context_ = 0, start_token_ = -1;
};

}  // namespace weft
