// The memory of a session's states, and the timelines of its devices. All graphs of the session share both.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/device/compiled.hpp"
#include "core/device/memory.hpp"

namespace weft {

/// A block of a group that becomes a copy of another one, in all states of the group.
struct BlockCopy {
  std::size_t group;  // index in SessionStates::groups
  int32_t from, to;
};

/// How many blocks a session's states may have.
struct CacheBudget {
  uint64_t bytes = 0;      // the most that all states take together; 0: what the devices have free
  int64_t sequences = 1;   // the states suffice for one of so many sequences at least, or create() fails
};

/// Groups of one name are one group in all graphs; so are states. Each state has a memory of its own, on the device
/// that works on it. [one thread per object]
class SessionStates {
 public:
  struct Member {
    Group group;  // as the first graph that has it declares it; its value ids are that graph's
    int64_t blocks = 0;
  };

  /// Reserves the memory. INVALID_ARGUMENT: the graphs disagree on a group or a state. UNIMPLEMENTED: the graphs are
  /// placed so that a state would have to lie on two devices. RESOURCE_EXHAUSTED: one sequence would not fit.
  static Result<std::shared_ptr<SessionStates>> create(std::span<const std::shared_ptr<const CompiledGraph>> graphs,
                                                       const CacheBudget& budget = {});

  const std::vector<Member>& groups() const { return groups_; }
  /// The index of the group with this name, which some graph must have.
  std::size_t find(const std::string& group) const;
  /// The binding of a state that some graph touches, for `value` of a graph.
  weft_binding binding(const std::string& group, const std::string& state, uint32_t value) const;
  /// Lets the devices copy blocks, before all that they are given later.
  Status copy_blocks(std::span<const BlockCopy> copies);
  Timelines& timelines() { return timelines_; }

 private:
  struct Known {
    State state;
    std::size_t group = 0;
    std::shared_ptr<Device> device;
    uint64_t stride = 0;  // bytes from one block to the next
    Memory memory;
  };
  Status add(const CompiledGraph& graph);
  Status add_group(const Group& group, int64_t slots);
  Status add_state(const CompiledGraph& graph, std::size_t index, const weft_state& raw);
  Status settle_blocks(const CacheBudget& budget);
  Status reserve();

  std::vector<Member> groups_;
  HostMemory host_;  // of all states on the host: in one piece, so that large pages serve small states too
  std::map<std::pair<std::string, std::string>, Known> states_;  // by the names of group and state
  Timelines timelines_;
};

}  // namespace weft
