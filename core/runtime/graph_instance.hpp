// One session's memory for a compiled graph: inputs, cut values, outputs, paged state.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/graph/symbols.hpp"
#include "core/runtime/compiled.hpp"
#include "core/runtime/host_memory.hpp"

namespace weft {

/// [one thread per instance] Memory is reserved for the symbols' maxima and touched as used.
class GraphInstance {
 public:
  static Result<std::unique_ptr<GraphInstance>> create(std::shared_ptr<const CompiledGraph> compiled);

  const Graph& graph() const { return compiled_->graph(); }
  const CompiledGraph& compiled() const { return *compiled_; }
  /// Time that run() has spent in each segment so far.
  std::span<const double> segment_seconds() const { return segment_seconds_; }
  /// The i32 input of this name, with room for its largest size; null if the graph has none.
  int32_t* input(const std::string& name) const;
  /// f32 values of an output after run(); null if the graph has none of this name.
  const float* output(const std::string& name) const;
  /// Blocks of a group's states.
  int64_t blocks(std::size_t group) const;
  /// Copies a block in every state of the group.
  Status copy_block(std::size_t group, int32_t from, int32_t to);
  Status run(const FreeSizes& sizes);

 private:
  struct GroupMemory {
    HostMemory memory;
    uint64_t stride = 0;  // bytes from block to block; the states of a group interleave
    int64_t blocks = 0;
  };

  explicit GraphInstance(std::shared_ptr<const CompiledGraph> compiled) : compiled_(std::move(compiled)) {}
  Status reserve_values();
  Status reserve_states();
  Status bind();
  uint64_t capacity_bytes(const Value& value) const;

  std::shared_ptr<const CompiledGraph> compiled_;
  std::map<uint32_t, HostMemory> values_;       // by value of the placed graph
  std::vector<GroupMemory> groups_;
  std::vector<uint64_t> state_offset_;          // by state of the placed graph
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<double> segment_seconds_;
};

}  // namespace weft
