// The memory of one session for a compiled graph: its inputs, the values cut between segments, its outputs.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/device/session_states.hpp"
#include "core/graph/symbols.hpp"

namespace weft {

/// Memory is reserved for the symbols' maxima, and used only as far as it is touched. [one thread per instance]
class GraphInstance {
 public:
  /// `states`: those of the session, made for this graph and perhaps others; null: the instance makes its own.
  static Result<std::unique_ptr<GraphInstance>> create(std::shared_ptr<const CompiledGraph> compiled,
                                                       std::shared_ptr<SessionStates> states = nullptr);

  const Graph& graph() const { return compiled_->graph(); }
  const CompiledGraph& compiled() const { return *compiled_; }
  /// How long run() has spent in each segment so far.
  std::span<const double> segment_seconds() const { return segment_seconds_; }
  /// The memory of the input with this name and dtype, as large as its largest size; null: the graph has no such input.
  void* memory_of(const std::string& input, uint32_t dtype) const;
  /// memory_of for an i32 input.
  int32_t* input(const std::string& name) const;
  /// memory_of for an f32 input.
  float* f32_input(const std::string& name) const;
  /// The f32 values of an output, valid after run(); null: the graph has no output of this name.
  const float* output(const std::string& name) const;
  Status run(const FreeSizes& sizes);
  /// The same for the sizes of all symbols, derived ones included.
  Status run(std::span<const int64_t> sizes);

 private:
  explicit GraphInstance(std::shared_ptr<const CompiledGraph> compiled) : compiled_(std::move(compiled)) {}
  Status reserve_values();
  Status bind();
  uint64_t capacity_bytes(const Value& value) const;

  std::shared_ptr<const CompiledGraph> compiled_;
  std::map<uint32_t, HostMemory> values_;       // by id of the value in the placed graph
  std::shared_ptr<SessionStates> states_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<double> segment_seconds_;
};

}  // namespace weft
