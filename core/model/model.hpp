// A checkpoint that is ready to run: blueprint found, graphs built, weights planned, graphs compiled.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/model/engine.hpp"
#include "core/model/layer_split.hpp"
#include "core/model/load_options.hpp"
#include "core/model/text_side.hpp"
#include "core/runtime/session.hpp"
#include "core/weights/param_reader.hpp"

namespace weft {

/// A blueprint that was chosen and written, but not compiled: what `weft inspect` shows.
struct Blueprint {
  Blueprint() = default;
  Blueprint(Blueprint&&) = default;
  Blueprint& operator=(Blueprint&&) = default;
  ~Blueprint() { drain_json(config); }

  std::string architecture, architecture_plugin, converter, converter_plugin;
  Json config;
  Graph step;                   // the graph that was asked for
  std::optional<Graph> encode;  // the encoder's graph, of models that have one beside "step"
  int64_t start_token = -1;     // of models with an encoder
  int64_t vocab = 0, max_context = 0, context = 0, step_tokens = 0;
  std::vector<ParamDecl> params;
  Plan plan;
};

Result<Blueprint> make_blueprint(Engine& engine, const Checkpoint& checkpoint, const LoadOptions& options);

/// The devices that a model is to run on.
struct ModelDevices {
  std::vector<std::shared_ptr<Device>> all;  // in order of preference; those of `ranges` come first
  std::vector<LayerRange> ranges;            // that --layers gave; empty: none
  bool fit = false;                          // give each device as many layers as it holds

  /// Opens what the options ask for.
  static Result<ModelDevices> open(Engine& engine, const LoadOptions& options);
  /// The device of the highest layer, which has the logits.
  const Device& last() const;
  /// Gives each layer a device. `params`: the blueprint's.
  Result<PlaceOptions> place(const LoadOptions& options, const Blueprint& blueprint, const ParamReader& params) const;
};

/// A loaded model, kept alive by its sessions. Immutable. [any-thread]
class Model : public std::enable_shared_from_this<Model> {
 public:
  /// Errors of CallLimits::check, too.
  static Result<std::shared_ptr<Model>> load(Engine& engine, const std::string& handle, const LoadOptions& options);

  Result<std::unique_ptr<Session>> new_session() const;
  const std::shared_ptr<const CompiledGraph>& compiled() const { return step_; }
  const SessionLimits& limits() const { return limits_; }
  int64_t trained_context() const { return trained_context_; }
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
  ~Model() { drain_json(config_); }

 private:
  Model() = default;
  static Result<std::shared_ptr<Model>> load(Engine& engine, const std::string& handle, const LoadOptions& options,
                                             std::function<bool()> unwanted);
  std::set<std::string> backends() const;
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<Checkpoint> checkpoint_;
  std::shared_ptr<ParamReader> params_;  // outlives the stores
  std::shared_ptr<const CompiledGraph> step_;
  SequenceEncoder encoder_;
  SessionLimits limits_;
  std::optional<TextSide> text_;
  std::string text_missing_, architecture_, converter_, architecture_plugin_, precision_;
  Json config_;
  int64_t trained_context_ = 0;
  std::vector<int32_t> stop_ids_;
  SamplingChoice sampling_;
};

}  // namespace weft
