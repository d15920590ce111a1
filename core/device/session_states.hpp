// The memory of a session's states: by group, shared by all graphs of the session.
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

/// Groups and states of one name are one, in whichever graph they stand. [one thread per object]
class SessionStates {
 public:
  struct Memory {
    Group group;  // as the first graph with it declares it; its value ids are that graph's
    HostMemory memory;
    uint64_t stride = 0;  // bytes from block to block; the states of a group interleave
    int64_t blocks = 0;
  };

  /// Reserves memory. INVALID_ARGUMENT where graphs disagree on a group or a state, UNIMPLEMENTED where they are
  /// placed so that a state would lie on two devices.
  static Result<std::shared_ptr<SessionStates>> create(std::span<const std::shared_ptr<const CompiledGraph>> graphs);

  const std::vector<Memory>& groups() const { return groups_; }
  /// The group of this name, which some graph has.
  std::size_t find(const std::string& group) const;
  /// Where the state's part of a block begins; 0 of one that no graph touches.
  uint64_t offset(const std::string& group, const std::string& state) const;
  /// Copies a block in every state of the group.
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
  std::map<std::pair<std::string, std::string>, Known> states_;  // by group and name
};

}  // namespace weft
