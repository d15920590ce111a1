// A checkpoint that is ready to run: blueprint found, graphs built, weights planned, graphs compiled.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/model/blueprint.hpp"
#include "core/model/engine.hpp"
#include "core/model/layer_split.hpp"
#include "core/model/load_options.hpp"
#include "core/model/text_side.hpp"
#include "core/runtime/graph_call.hpp"
#include "core/runtime/session.hpp"
#include "core/weights/param_reader.hpp"

namespace weft {

/// The devices that a model is to run on.
struct ModelDevices {
  std::vector<std::shared_ptr<Device>> all;  // in order of preference; those of `ranges` come first
  std::vector<LayerRange> ranges;            // that --layers gave; empty: none
  bool fit = false;                          // give each device as many layers as it holds

  /// Opens what the options ask for.
  static Result<ModelDevices> open(Engine& engine, const LoadOptions& options);
  /// The device of the highest layer, which has the logits.
  const Device& last() const;
  /// Gives each layer a device; `auto` looks at the first graph. `params`: the blueprint's.
  Result<PlaceOptions> place(const LoadOptions& options, std::span<const WrittenGraph> graphs,
                             const ParamReader& params) const;
};

/// A loaded model, kept alive by its sessions. Immutable. [any-thread]
class Model : public std::enable_shared_from_this<Model> {
 public:
  /// Errors of CallLimits::check, too.
  static Result<std::shared_ptr<Model>> load(Engine& engine, const std::string& handle, const LoadOptions& options);

  /// A session for the graph of this role or name; "": for the main graph, which is the one that was asked for first.
  /// Errors of graph().
  Result<std::unique_ptr<Session>> new_session(std::string_view role = {}) const;
  /// Calls of a graph that has no sequences.
  Result<std::unique_ptr<GraphCall>> new_call(std::string_view role) const;
  /// The graphs that the blueprint has; not all of them can be run.
  const std::vector<GraphInfo>& graphs() const { return writer_->graphs(); }
  /// The graph of this name, or the first of this role, compiled when it is first asked for. FAILED_PRECONDITION: the
  /// model has no such graph, or it takes parameters that the load was not for.
  Result<std::shared_ptr<const CompiledGraph>> graph(std::string_view role) const;
  /// The main graph.
  const std::shared_ptr<const CompiledGraph>& compiled() const { return main_; }
  /// Limits of sessions for the main graph.
  const SessionLimits& limits() const { return limits_; }
  int64_t trained_context() const { return writer_->max_context(); }
  int64_t vocab_size() const { return limits_.vocab; }
  /// The token that sequences of an encoder-decoder begin with; -1: the model is none.
  int32_t start_token() const { return encoder_.start_token; }
  uint64_t stored_bytes() const { return checkpoint_->stored_bytes(); }
  Engine& engine() const { return *engine_; }
  const Checkpoint& checkpoint() const { return *checkpoint_; }
  const TextSide* text() const { return text_ ? &*text_ : nullptr; }
  const std::string& text_missing() const { return text_missing_; }  // why text() is null
  const std::vector<int32_t>& stop_ids() const { return stop_ids_; }
  /// The sampling that the checkpoint asks for.
  const SamplingChoice& sampling() const { return sampling_; }
  /// Waits until files that were still being fetched are verified. DATA_LOSS: they are not what they should be, or a
  /// file has shrunk; then results since the last success are not to be trusted.
  Status check_intact() const;
  /// One line: which plugins do what.
  std::string summary() const;
  /// A JSON object: what the model is and how it was loaded; see weft_model_describe.
  std::string describe() const;
 private:
  struct Compiled {
    int64_t step_tokens = 0;
    bool whole_sequences = false;
    std::shared_ptr<const CompiledGraph> graph;
  };

  Model() = default;
  static Result<std::shared_ptr<Model>> load(Engine& engine, const std::string& handle, const LoadOptions& options,
                                             std::function<bool()> unwanted);
  std::set<std::string> backends() const;
  Result<std::shared_ptr<const CompiledGraph>> compile(const Graph& graph, const PlaceOptions& where) const;
  Status compile_pair(const WrittenGraph& tokens, const WrittenGraph& source);
  Result<WrittenGraph> write_further(const GraphInfo& info) const;
  Result<const Compiled*> find(std::string_view role) const;
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<Checkpoint> checkpoint_;
  std::shared_ptr<ParamReader> params_;  // outlives the stores
  std::shared_ptr<const CompiledGraph> main_;
  SequenceEncoder encoder_;
  std::unique_ptr<GraphWriter> writer_;
  std::vector<std::shared_ptr<Store>> stores_;
  PlaceOptions where_;
  mutable std::mutex graphs_mutex_;  // guards what follows, and writer_
  mutable std::map<std::string, Compiled, std::less<>> graphs_;  // by name
  SessionLimits limits_;
  std::optional<TextSide> text_;
  std::string text_missing_, architecture_, converter_, precision_;
  std::vector<int32_t> stop_ids_;
  SamplingChoice sampling_;
};

}  // namespace weft
