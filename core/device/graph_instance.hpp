// The memory of one session for a compiled graph: its inputs, the values cut between segments, its outputs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/device/session_states.hpp"
#include "core/graph/symbols.hpp"

namespace weft {

/// Whether work is still wanted; empty: it is.
using GoOn = std::function<Status()>;

/// Memory is reserved for the symbols' maxima. A value lies wherever it is made or read: with the host, and on each
/// device that has memory of its own. [one thread per instance]
class GraphInstance {
 public:
  /// `states`: those of the session, made for this graph and perhaps others; null: the instance makes its own.
  static Result<std::unique_ptr<GraphInstance>> create(std::shared_ptr<const CompiledGraph> compiled,
                                                       std::shared_ptr<SessionStates> states = nullptr);

  const Graph& graph() const { return compiled_->graph(); }
  const CompiledGraph& compiled() const { return *compiled_; }
  /// How long run() has spent in each segment so far: until its device took the work, where that has time of its own.
  std::span<const double> segment_seconds() const { return segment_seconds_; }
  /// The host's memory of the input with this name and dtype, as large as its largest size; null: the graph has no such
  /// input, or does not read it.
  void* memory_of(const std::string& input, uint32_t dtype) const;
  /// memory_of for an i32 input.
  int32_t* input(const std::string& name) const;
  /// memory_of for an f32 input.
  float* f32_input(const std::string& name) const;
  /// The f32 values of an output, valid after run(); null: the graph has no output of this name.
  const float* output(const std::string& name) const;
  /// output() for i32 values.
  const int32_t* i32_output(const std::string& name) const;
  /// Whether run() makes an output's values readable to the host, as at first; false: they stay where they are made.
  void read_output(const std::string& name, bool read);
  /// Runs the graph, and returns when nothing of it runs any more, also when it fails.
  Status run(const FreeSizes& sizes);
  /// The same for the sizes of all symbols, derived ones included. go_on is asked before each segment; an error of it
  /// is run()'s, and the rest is not begun.
  Status run(std::span<const int64_t> sizes, const GoOn& go_on = {});

 private:
  /// Where a value lies: kHost, or the index of a device with memory of its own.
  using Place = uint32_t;
  static constexpr Place kHost = WEFT_NONE;
  /// A value that a device made or reads, on its way from the host or to it.
  struct Move {
    uint32_t value;  // id in the placed graph
    Place device;
    bool to_host;
  };

  explicit GraphInstance(std::shared_ptr<const CompiledGraph> compiled) : compiled_(std::move(compiled)) {}
  Status plan();
  Status reserve(uint32_t value, Place place);
  Status bind(std::size_t segment);
  Status check_memory(const Device& device) const;
  Status give(std::span<const int64_t> sizes, const GoOn& go_on);
  Status run_moves(std::span<const Move> moves, std::span<const int64_t> sizes, const std::set<uint32_t>& left_out);
  const std::shared_ptr<Device>& device(uint32_t index) const { return compiled_->stores[index]->device(); }
  /// Where a segment's device reads an input, and where it writes an output.
  Place place_of(const Segment& segment, const Value& value, bool output) const;
  uint64_t capacity_bytes(const Value& value) const;
  uint8_t* host_memory(uint32_t value) const;
  uint32_t output_value(const std::string& name) const;
  weft_binding binding(const Segment& segment, uint32_t value, bool output) const;

  std::shared_ptr<const CompiledGraph> compiled_;
  std::shared_ptr<SessionStates> states_;
  std::map<std::pair<uint32_t, Place>, Memory> values_;  // by id of the value in the placed graph
  std::vector<std::vector<Move>> moves_;                 // before each segment, and after the last
  std::set<uint32_t> unread_;                            // outputs, by value
  std::vector<std::unique_ptr<Instance>> instances_;     // by segment; null: to be made, with a new timeline
  std::vector<double> segment_seconds_;
};

}  // namespace weft
