#include "core/device/session_states.hpp"

#include <algorithm>
#include <set>

#include "core/base/bytes_text.hpp"
#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/graph/view.hpp"
#include "weft/sdk/strided.hpp"

namespace weft {
namespace {

/// The device that holds a state of `graph`: that of the segments that touch the state; null: none does.
std::shared_ptr<Device> device_of(const CompiledGraph& graph, const State& state) {
  std::shared_ptr<Device> device;
  for (const Segment& segment : graph.placement.segments) {
    if (segment.from_outer[state.value] != WEFT_NONE) device = graph.stores[segment.device]->device();
  }
  return device;
}

/// blocks * share / whole, without overflow.
int64_t scaled(int64_t blocks, uint64_t share, uint64_t whole) {
  return static_cast<int64_t>(static_cast<unsigned __int128>(blocks) * share / whole);
}

}  // namespace

Result<std::shared_ptr<SessionStates>> SessionStates::create(
    std::span<const std::shared_ptr<const CompiledGraph>> graphs, const CacheBudget& budget) {
  auto states = std::make_shared<SessionStates>();
  for (const auto& graph : graphs) WEFT_CHECK_OK(states->add(*graph));
  WEFT_CHECK_OK(states->settle_blocks(budget));
  WEFT_CHECK_OK(states->reserve());
  return states;
}

Status SessionStates::reserve() {
  const auto bytes_of = [&](const Known& s) { return s.stride * static_cast<uint64_t>(groups_[s.group].blocks); };
  uint64_t on_host = 0;
  for (auto& [name, s] : states_) {
    if (s.device->host_pointers()) on_host = checked_add(on_host, bytes_of(s)).value_or(UINT64_MAX);
  }
  WEFT_TRY(host_, HostMemory::reserve(on_host));
  uint64_t offset = 0;
  for (auto& [name, s] : states_) {
    if (s.device->host_pointers()) {
      s.memory = Memory::part_of(host_, offset, bytes_of(s));
      offset += bytes_of(s);
    } else {
      WEFT_TRY(s.memory, Memory::reserve(s.device, bytes_of(s), "states of group " + name.first));
    }
  }
  return {};
}

Status SessionStates::add(const CompiledGraph& graph) {
  const Graph& g = graph.graph();
  for (const Group& group : g.groups) WEFT_CHECK_OK(add_group(group, g.symbols[group.sym_slots].max));
  const GraphView view(g);
  for (std::size_t i = 0; i < g.states.size(); ++i) {
    WEFT_CHECK_OK(add_state(graph, i, sdk::strided(view.get()->states, view.get()->state_stride, i)));
  }
  return {};
}

Status SessionStates::add_group(const Group& group, int64_t slots) {
  const int64_t blocks = slots / group.block_tokens;
  for (const Member& m : groups_) {
    if (m.group.name != group.name) continue;
    const bool equal =
        m.group.kind == group.kind && m.group.block_tokens == group.block_tokens && m.group.window == group.window;
    if (equal && m.blocks == blocks) return {};
    return invalid("the model's graphs disagree on the states' group {}", group.name);
  }
  groups_.push_back({group, blocks});
  return {};
}

Status SessionStates::add_state(const CompiledGraph& graph, std::size_t index, const weft_state& raw) {
  const Graph& g = graph.graph();
  const State& state = g.states[index];
  const Group& group = g.groups[state.group];
  const std::shared_ptr<Device> device = device_of(graph, state);
  if (device == nullptr) return {};  // the state is declared but never used
  const auto it = states_.find({group.name, state.name});
  if (it == states_.end()) {
    Known known{state, find(group.name), device, 0, {}};
    WEFT_TRY(known.stride, device->block_stride(raw, group.block_tokens));
    if (!checked_mul(known.stride, static_cast<uint64_t>(groups_[known.group].blocks)))
      return error(Code::kResourceExhausted, "the state {} would exceed 64-bit sizes", state.name);
    states_.emplace(std::pair(group.name, state.name), std::move(known));
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

Status SessionStates::settle_blocks(const CacheBudget& budget) {
  std::vector<int64_t> most, least;
  for (const Member& m : groups_) {
    most.push_back(m.blocks);
    least.push_back((m.blocks + budget.sequences - 1) / budget.sequences);
  }
  // The bytes of so many blocks of each group; on one device, or on all of them (null).
  const auto bytes_on = [&](const Device* device, const std::vector<int64_t>& blocks) {
    uint64_t bytes = 0;
    for (const auto& [name, s] : states_) {
      if (device != nullptr && s.device.get() != device) continue;
      bytes = checked_add(bytes, s.stride * static_cast<uint64_t>(blocks[s.group])).value_or(UINT64_MAX);
    }
    return bytes;
  };
  // Takes blocks from the groups of a device's states, or of all, until they have no more than `bytes`.
  const auto limit = [&](const Device* device, uint64_t bytes, std::string_view whose) -> Status {
    const uint64_t all = bytes_on(device, most), needed = bytes_on(device, least);
    if (needed > bytes) {
      std::string text = fmt::format("the states of one sequence take {}, {} has {} for them; lower the context",
                                     bytes_text(needed), whose, bytes_text(bytes));
      if (device != nullptr) {
        const auto [largest, size] = device->ledger().largest();
        if (size != 0) text += fmt::format(" ({} take {})", largest, bytes_text(size));
      }
      return {Code::kResourceExhausted, std::move(text)};
    }
    if (all <= bytes) return {};
    for (const auto& [name, s] : states_) {
      if (device != nullptr && s.device.get() != device) continue;
      const int64_t more = scaled(most[s.group] - least[s.group], bytes - needed, all - needed);
      groups_[s.group].blocks = std::min(groups_[s.group].blocks, least[s.group] + more);
    }
    return {};
  };
  if (budget.bytes != 0) WEFT_CHECK_OK(limit(nullptr, budget.bytes, "the cache"));
  std::set<const Device*> asked;
  for (const auto& [name, s] : states_) {
    const Device& device = *s.device;
    if (device.host_pointers()) continue;
    if (const uint64_t largest = device.info().max_buffer; largest != 0) {
      const auto blocks = static_cast<int64_t>(std::min<uint64_t>(largest / s.stride, INT32_MAX));
      if (blocks < least[s.group]) {
        return error(Code::kResourceExhausted,
                     "the state {} takes {} for one sequence, the buffers of {} have at most {}; lower the context",
                     s.state.name, bytes_text(s.stride * static_cast<uint64_t>(least[s.group])), device.name(),
                     bytes_text(largest));
      }
      groups_[s.group].blocks = std::min(groups_[s.group].blocks, blocks);
    }
    if (!asked.insert(&device).second) continue;
    WEFT_TRY(const auto room, device.room());
    if (room) WEFT_CHECK_OK(limit(&device, *room, device.name()));
  }
  return {};
}

std::size_t SessionStates::find(const std::string& group) const {
  const auto it = std::find_if(groups_.begin(), groups_.end(), [&](const Member& m) { return m.group.name == group; });
  return static_cast<std::size_t>(it - groups_.begin());
}

weft_binding SessionStates::binding(const std::string& group, const std::string& state, uint32_t value) const {
  const Known& known = states_.at({group, state});
  return known.memory.binding(value, known.stride);
}

Status SessionStates::copy_blocks(std::span<const BlockCopy> copies) {
  if (copies.empty()) return {};
  std::map<std::shared_ptr<Device>, std::vector<weft_region>> regions;
  for (const BlockCopy& copy : copies) {
    for (const auto& [name, s] : states_) {
      if (s.group != copy.group) continue;
      weft_region r{};
      r.bytes = s.stride;
      s.memory.be_source(r, static_cast<uint64_t>(copy.from) * s.stride);
      s.memory.be_target(r, static_cast<uint64_t>(copy.to) * s.stride);
      regions[s.device].push_back(r);
    }
  }
  const auto give = [&]() -> Status {
    for (const auto& [device, list] : regions) {
      WEFT_TRY(const auto timeline, timelines_.of(device));
      WEFT_CHECK_OK(timeline->transfer(list));
    }
    return {};
  };
  Status given;
  try {
    given = give();
  } catch (...) {  // out of memory: what was given still runs
    (void)timelines_.drain();
    throw;
  }
  if (given.ok()) return {};
  const Status earlier = timelines_.drain();
  return earlier.ok() ? given : earlier;
}

}  // namespace weft
