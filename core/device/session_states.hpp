// The memory of a session's states, by group. All graphs of the session share it.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/device/compiled.hpp"
#include "core/device/host_memory.hpp"

namespace weft {

/// Groups of one name are one group in all graphs; so are states. [one thread per object]
class SessionStates {
 public:
  struct Memory {
    Group group;  // as the first graph that has it declares it; its value ids are that graph's
    HostMemory memory;
    uint64_t stride = 0;  // bytes from one block to the next; the states of a group lie in turn within a block
    int64_t blocks = 0;
  };

  /// Reserves the memory. INVALID_ARGUMENT: the graphs disagree on a group or a state. UNIMPLEMENTED: the graphs are
  /// placed so that a state would have to lie on two devices.
  static Result<std::shared_ptr<SessionStates>> create(std::span<const std::shared_ptr<const CompiledGraph>> graphs);

  const std::vector<Memory>& groups() const { return groups_; }
  /// The index of the group with this name, which some graph must have.
  std::size_t find(const std::string& group) const;
  /// Where the part of a state begins within a block; 0: no graph touches the state.
  uint64_t offset(const std::string& group, const std::string& state) const;
  /// Copies a block in all states of the group.
  Status copy_block(std::size_t group, int32_t from, int32_t to);

 private:
  struct Known {
    State state;
    const Device* device;
    uint64_t offset;
  };
  Status add(const CompiledGraph& graph);
  Status add_group(const Group& group, int64_t slots);
  Status add_state(const CompiledGraph& graph, std::size_t index, const weft_state& raw);

  std::vector<Memory> groups_;
  std::map<std::pair<std::string, std::string>, Known> states_;  // by the names of group and state
};

}  // namespace weft
