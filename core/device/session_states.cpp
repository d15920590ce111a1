#include "core/device/session_states.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/graph/view.hpp"

namespace weft {
namespace {

/// The device that holds a state of `graph`: that of the segment that touches the state; null: none does.
const Device* device_of(const CompiledGraph& graph, const State& state) {
  const Device* device = nullptr;
  for (const Segment& segment : graph.placement.segments) {
    if (segment.from_outer[state.value] != WEFT_NONE) device = graph.stores[segment.device]->device().get();
  }
  return device;
}

}  // namespace

Result<std::shared_ptr<SessionStates>> SessionStates::create(
    std::span<const std::shared_ptr<const CompiledGraph>> graphs) {
  auto states = std::make_shared<SessionStates>();
  for (const auto& graph : graphs) WEFT_CHECK_OK(states->add(*graph));
  for (Memory& m : states->groups_) {
    const auto bytes = checked_mul(m.stride, static_cast<uint64_t>(m.blocks));
    if (!bytes) return error(Code::kResourceExhausted, "the cache would exceed 64-bit sizes");
    WEFT_TRY(m.memory, HostMemory::reserve(*bytes));
  }
  return states;
}

Status SessionStates::add(const CompiledGraph& graph) {
  const Graph& g = graph.graph();
  for (const Group& group : g.groups) WEFT_CHECK_OK(add_group(group, g.symbols[group.sym_slots].max));
  const GraphView view(g);
  for (std::size_t i = 0; i < g.states.size(); ++i) {
    const auto* raw = reinterpret_cast<const char*>(view.get()->states) + i * view.get()->state_stride;
    WEFT_CHECK_OK(add_state(graph, i, *reinterpret_cast<const weft_state*>(raw)));
  }
  return {};
}

Status SessionStates::add_group(const Group& group, int64_t slots) {
  const int64_t blocks = slots / group.block_tokens;
  for (const Memory& m : groups_) {
    if (m.group.name != group.name) continue;
    const bool equal =
        m.group.kind == group.kind && m.group.block_tokens == group.block_tokens && m.group.window == group.window;
    if (equal && m.blocks == blocks) return {};
    return invalid("the model's graphs disagree on the states' group {}", group.name);
  }
  Memory m;
  m.group = group, m.blocks = blocks;
  groups_.push_back(std::move(m));
  return {};
}

Status SessionStates::add_state(const CompiledGraph& graph, std::size_t index, const weft_state& raw) {
  const Graph& g = graph.graph();
  const State& state = g.states[index];
  const Group& group = g.groups[state.group];
  const Device* device = device_of(graph, state);
  if (device == nullptr) return {};  // the state is declared but never used
  const auto it = states_.find({group.name, state.name});
  if (it == states_.end()) {
    WEFT_TRY(const uint64_t bytes, device->block_bytes(raw, group.block_tokens));
    Memory& m = groups_[find(group.name)];
    states_.emplace(std::pair(group.name, state.name), Known{state, device, m.stride});
    m.stride += (bytes + 63) / 64 * 64;
    return {};
  }
  const Known& known = it->second;
  if (known.state.dtype != state.dtype || known.state.dims != state.dims || known.state.fill != state.fill) {
    return invalid("the model's graphs disagree on the state {}", state.name);
  }
  if (known.device != device) {
    return error(Code::kUnimplemented,
                 "the state {} would lie on {} and on {}, as the model's graphs were placed; name one backend",
                 state.name, known.device->name(), device->name());
  }
  return {};
}

std::size_t SessionStates::find(const std::string& group) const {
  const auto it = std::find_if(groups_.begin(), groups_.end(), [&](const Memory& m) { return m.group.name == group; });
  return static_cast<std::size_t>(it - groups_.begin());
}

uint64_t SessionStates::offset(const std::string& group, const std::string& state) const {
  const auto it = states_.find({group, state});
  return it == states_.end() ? 0 : it->second.offset;
}

Status SessionStates::copy_block(std::size_t group, int32_t from, int32_t to) {
  const Memory& m = groups_[group];
  std::memcpy(m.memory.data() + static_cast<uint64_t>(to) * m.stride,
              m.memory.data() + static_cast<uint64_t>(from) * m.stride, m.stride);
  return {};
}

}  // namespace weft
