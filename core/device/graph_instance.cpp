#include "core/device/graph_instance.hpp"

#include <chrono>

#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/device/estimate.hpp"
#include "core/plugins/watched_host.hpp"
#include "weft/sdk/value_dtype.hpp"

namespace weft {
namespace {

/// The bytes of a value of these sizes, a multiple of 4 as transfers want it.
uint64_t bytes_of(const Value& value, std::span<const int64_t> sizes) {
  uint64_t bytes = sdk::element_bytes(value.dtype);
  for (const int64_t d : value.dims) bytes *= static_cast<uint64_t>(d >= 0 ? d : sizes[static_cast<std::size_t>(~d)]);
  return (bytes + 3) / 4 * 4;
}

}  // namespace

uint64_t GraphInstance::capacity_bytes(const Value& value) const {
  return checked_add(most_bytes(graph(), value), 3).value_or(UINT64_MAX) / 4 * 4;
}

Result<std::unique_ptr<GraphInstance>> GraphInstance::create(
    std::shared_ptr<const CompiledGraph> compiled, std::shared_ptr<SessionStates> states) {
  std::unique_ptr<GraphInstance> instance(new GraphInstance(std::move(compiled)));
  instance->states_ = std::move(states);
  if (instance->states_ == nullptr) {
    WEFT_TRY(instance->states_, SessionStates::create({&instance->compiled_, 1}));
  }
  WEFT_CHECK_OK(instance->plan());
  const std::size_t segments = instance->compiled_->placement.segments.size();
  instance->instances_.resize(segments), instance->segment_seconds_.resize(segments);
  for (std::size_t s = 0; s < segments; ++s) WEFT_CHECK_OK(instance->bind(s));
  return instance;
}

GraphInstance::Place GraphInstance::place_of(const Segment& segment, const Value& value, bool output) const {
  return device(segment.device)->host_pointers() || (!output && sdk::is_integer(value.dtype)) ? kHost : segment.device;
}

Status GraphInstance::reserve(uint32_t value, Place place) {
  // A device's memory that the host reaches serves both.
  if (values_.count({value, place}) || (place == kHost && host_memory(value) != nullptr)) return {};
  const Value& v = graph().values[value];
  auto memory = place == kHost ? Memory::reserve_host(capacity_bytes(v))
                               : Memory::reserve(device(place), capacity_bytes(v), "values of graph " + graph().name);
  if (!memory.ok()) return memory.status().with_context("value " + v.name);
  values_.emplace(std::pair(value, place), std::move(*memory));
  return {};
}

// Follows the values through the segments: where each is made, and where it has to be for its readers.
Status GraphInstance::plan() {
  std::set<std::pair<uint32_t, Place>> there;
  const auto need = [&](uint32_t value, Place place) -> Status {
    WEFT_CHECK_OK(reserve(value, place));
    if (graph().values[value].kind == WEFT_INPUT) {
      WEFT_CHECK_OK(reserve(value, kHost));
      there.insert({value, kHost});
    }
    if (there.count({value, place})) return {};
    if (!there.count({value, kHost})) {
      WEFT_CHECK_OK(reserve(value, kHost));
      for (const auto& [at, memory] : values_) {
        if (at.first != value || !there.count(at)) continue;  // the device that made it
        moves_.back().push_back({value, at.second, true});
        break;
      }
      there.insert({value, kHost});
    }
    if (place != kHost) moves_.back().push_back({value, place, false});
    there.insert({value, place});
    return {};
  };
  for (const Segment& segment : compiled_->placement.segments) {
    moves_.emplace_back();
    for (uint32_t v : segment.graph.inputs) {
      const uint32_t outer = segment.to_outer[v];
      WEFT_CHECK_OK(need(outer, place_of(segment, graph().values[outer], false)));
    }
    for (uint32_t v : segment.graph.outputs) {
      const uint32_t outer = segment.to_outer[v];
      const Place place = place_of(segment, graph().values[outer], true);
      WEFT_CHECK_OK(reserve(outer, place));
      there.insert({outer, place});
    }
  }
  moves_.emplace_back();
  for (uint32_t v : graph().outputs) WEFT_CHECK_OK(need(v, kHost));
  return {};
}

Status GraphInstance::bind(std::size_t s) {
  const Segment& segment = compiled_->placement.segments[s];
  std::vector<weft_binding> bindings;
  for (uint32_t v : segment.graph.inputs) bindings.push_back(binding(segment, v, false));
  for (uint32_t v : segment.graph.outputs) bindings.push_back(binding(segment, v, true));
  for (const State& state : segment.graph.states) {
    bindings.push_back(states_->binding(segment.graph.groups[state.group].name, state.name, state.value));
  }
  WEFT_TRY(auto timeline, states_->timelines().of(device(segment.device)));
  instances_[s] = nullptr;  // before its timeline
  WEFT_TRY(instances_[s], Instance::create(compiled_->executables[s], std::move(timeline), bindings));
  return {};
}

weft_binding GraphInstance::binding(const Segment& segment, uint32_t v, bool output) const {
  const uint32_t outer = segment.to_outer[v];
  const Value& value = graph().values[outer];
  const auto own = values_.find({outer, place_of(segment, value, output)});
  if (own != values_.end()) return own->second.binding(v);
  weft_binding b{};  // the host reaches the memory of a device, and has no other
  b.hdr.struct_size = WEFT_END(weft_binding, block_stride);
  b.value = v, b.host = host_memory(outer), b.bytes = capacity_bytes(value);
  return b;
}

uint8_t* GraphInstance::host_memory(uint32_t value) const {
  const auto it = values_.find({value, kHost});
  if (it != values_.end()) return it->second.host();
  for (auto at = values_.lower_bound({value, 0}); at != values_.end() && at->first.first == value; ++at) {
    if (at->second.host() != nullptr) return at->second.host();
  }
  return nullptr;
}

void* GraphInstance::memory_of(const std::string& input, uint32_t dtype) const {
  for (uint32_t v : graph().inputs) {
    if (graph().values[v].name == input && graph().values[v].dtype == dtype) return host_memory(v);
  }
  return nullptr;
}

int32_t* GraphInstance::input(const std::string& name) const {
  return static_cast<int32_t*>(memory_of(name, WEFT_I32));
}
float* GraphInstance::f32_input(const std::string& name) const {
  return static_cast<float*>(memory_of(name, WEFT_F32));
}

uint32_t GraphInstance::output_value(const std::string& name) const {
  for (std::size_t i = 0; i < graph().outputs.size(); ++i) {
    if (graph().output_names[i] == name) return graph().outputs[i];
  }
  return WEFT_NONE;
}

const float* GraphInstance::output(const std::string& name) const {
  return reinterpret_cast<const float*>(host_memory(output_value(name)));
}
const int32_t* GraphInstance::i32_output(const std::string& name) const {
  return reinterpret_cast<const int32_t*>(host_memory(output_value(name)));
}

void GraphInstance::read_output(const std::string& name, bool read) {
  if (read) {
    unread_.erase(output_value(name));
  } else {
    unread_.insert(output_value(name));
  }
}

Status GraphInstance::run(const FreeSizes& sizes) {
  WEFT_TRY(const std::vector<int64_t> all, resolve_symbols(graph(), sizes));
  return run(all);
}

Status GraphInstance::run(std::span<const int64_t> sizes, const GoOn& go_on) {
  Status given;
  try {
    given = give(sizes, go_on);
  } catch (...) {  // out of memory: what was given still runs
    (void)states_->timelines().drain();
    throw;
  }
  const Status done = states_->timelines().drain();
  return done.ok() ? given : done;  // work that failed is the reason why later calls are refused
}

/// Under validation: whether the device has written behind the memory of a value.
Status GraphInstance::check_memory(const Device& device) const {
  const WatchedHost* const watched = device.table().watched;
  for (auto it = values_.begin(); watched != nullptr && it != values_.end(); ++it) {
    if (!it->second.written_past()) continue;
    const std::string what = fmt::format("execute has written behind the {} bytes of value {}", it->second.size(),
                                         graph().values[it->first.first].name);
    watched->breach("memory.canary", what);
    return error(Code::kInternal, "{} breaks memory.canary: {}", device.table().plugin_id, what);
  }
  return {};
}

Status GraphInstance::give(std::span<const int64_t> sizes, const GoOn& go_on) {
  for (std::size_t s = 0; s < instances_.size(); ++s) {
    if (go_on) WEFT_CHECK_OK(go_on());
    WEFT_CHECK_OK(run_moves(moves_[s], sizes, {}));
    const auto start = std::chrono::steady_clock::now();
    if (instances_[s] == nullptr || instances_[s]->timeline()->failed()) WEFT_CHECK_OK(bind(s));
    WEFT_CHECK_OK(instances_[s]->execute(sizes));
    WEFT_CHECK_OK(check_memory(*device(compiled_->placement.segments[s].device)));
    segment_seconds_[s] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return run_moves(moves_.back(), sizes, unread_);
}

// The moves of each direction go in one transfer a device; what goes to the host is there before anything is read.
Status GraphInstance::run_moves(std::span<const Move> moves, std::span<const int64_t> sizes,
                                const std::set<uint32_t>& left_out) {
  if (moves.empty()) return {};
  for (const bool to_host : {true, false}) {
    std::map<Place, std::vector<weft_region>> regions;
    for (const Move& m : moves) {
      if (m.to_host != to_host || left_out.count(m.value)) continue;
      const Memory& there = values_.at({m.value, m.device});
      uint8_t* here = host_memory(m.value);
      std::vector<weft_region>& list = regions[m.device];
      weft_region r{};
      r.bytes = bytes_of(graph().values[m.value], sizes);
      if (r.bytes == 0 || here == there.host()) continue;
      if (to_host) {
        there.be_source(r, 0), r.to_host = here;
      } else {
        r.from_host = here, there.be_target(r, 0);
      }
      list.push_back(r);
    }
    for (const auto& [place, list] : regions) {
      WEFT_TRY(const auto timeline, states_->timelines().of(device(place)));
      WEFT_CHECK_OK(timeline->transfer(list));
    }
    for (const auto& [place, list] : regions) {
      if (!to_host) continue;
      WEFT_TRY(const auto timeline, states_->timelines().of(device(place)));
      WEFT_CHECK_OK(timeline->wait());
    }
  }
  return {};
}

}  // namespace weft
