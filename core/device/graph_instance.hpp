// One session's memory for a compiled graph: inputs, cut values, outputs.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/device/session_states.hpp"
#include "core/graph/symbols.hpp"

namespace weft {

/// [one thread per instance] Memory is reserved for the symbols' maxima and touched as used.
class GraphInstance {
 public:
  /// `states`: made for this graph and maybe others; null: of its own.
  static Result<std::unique_ptr<GraphInstance>> create(std::shared_ptr<const CompiledGraph> compiled,
                                                       std::shared_ptr<SessionStates> states = nullptr);

  const Graph& graph() const { return compiled_->graph(); }
  const CompiledGraph& compiled() const { return *compiled_; }
  /// Time that run() has spent in each segment so far.
  std::span<const double> segment_seconds() const { return segment_seconds_; }
  /// The input of this name and dtype, with room for its largest size; null if the graph has none.
  void* memory_of(const std::string& input, uint32_t dtype) const;
  /// The i32 input of this name, with room for its largest size; null if the graph has none.
  int32_t* input(const std::string& name) const;
  /// The f32 input of this name; likewise.
  float* f32_input(const std::string& name) const;
  /// f32 values of an output after run(); null if the graph has none of this name.
  const float* output(const std::string& name) const;
  Status run(const FreeSizes& sizes);
  /// The same with the size of each symbol, derived ones included.
  Status run(std::span<const int64_t> sizes);

 private:
  explicit GraphInstance(std::shared_ptr<const CompiledGraph> compiled) : compiled_(std::move(compiled)) {}
  Status reserve_values();
  Status bind();
  uint64_t capacity_bytes(const Value& value) const;

  std::shared_ptr<const CompiledGraph> compiled_;
  std::map<uint32_t, HostMemory> values_;       // by value of the placed graph
  std::shared_ptr<SessionStates> states_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<double> segment_seconds_;
};

}  // namespace weft
