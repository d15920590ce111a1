#include "core/device/graph_instance.hpp"

#include <chrono>

#include "core/base/checked.hpp"
#include "core/base/error.hpp"

namespace weft {
namespace {

int64_t max_of(const Graph& graph, int64_t dim) {
  return dim >= 0 ? dim : graph.symbols[static_cast<std::size_t>(~dim)].max;
}

}  // namespace

uint64_t GraphInstance::capacity_bytes(const Value& value) const {
  Dims dims;
  for (int64_t d : value.dims) dims.push_back(max_of(graph(), d));
  const uint64_t element = value.dtype == WEFT_U8 ? 1 : 4;
  const auto elements = checked_elements(dims);
  const auto bytes = elements ? checked_mul(*elements, element) : std::nullopt;
  return bytes.value_or(UINT64_MAX);
}

Result<std::unique_ptr<GraphInstance>> GraphInstance::create(
    std::shared_ptr<const CompiledGraph> compiled, std::shared_ptr<SessionStates> states) {
  std::unique_ptr<GraphInstance> instance(new GraphInstance(std::move(compiled)));
  WEFT_CHECK_OK(instance->reserve_values());
  instance->states_ = std::move(states);
  if (instance->states_ == nullptr) {
    WEFT_TRY(instance->states_, SessionStates::create({&instance->compiled_, 1}));
  }
  WEFT_CHECK_OK(instance->bind());
  return instance;
}

Status GraphInstance::reserve_values() {
  auto reserve = [&](uint32_t outer) -> Status {
    const Value& value = graph().values[outer];
    if (values_.count(outer) || value.kind == WEFT_PARAM || value.kind == WEFT_STATE) return {};
    auto memory = HostMemory::reserve(capacity_bytes(value));
    if (!memory.ok()) return memory.status().with_context("value " + value.name);
    values_.emplace(outer, std::move(*memory));
    return {};
  };
  for (const Segment& segment : compiled_->placement.segments) {
    for (uint32_t v : segment.graph.inputs) WEFT_CHECK_OK(reserve(segment.to_outer[v]));
    for (uint32_t v : segment.graph.outputs) WEFT_CHECK_OK(reserve(segment.to_outer[v]));
  }
  return {};
}

Status GraphInstance::bind() {
  const auto& segments = compiled_->placement.segments;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const Segment& segment = segments[s];
    std::vector<weft_binding> bindings;
    auto add = [&](uint32_t value, void* host, uint64_t bytes, uint64_t stride) {
      weft_binding b{};
      b.hdr.struct_size = WEFT_END(weft_binding, block_stride);
      b.value = value, b.host = host, b.bytes = bytes, b.block_stride = stride;
      bindings.push_back(b);
    };
    auto add_value = [&](uint32_t v) {
      auto it = values_.find(segment.to_outer[v]);
      if (it != values_.end()) add(v, it->second.data(), it->second.size(), 0);
    };
    for (uint32_t v : segment.graph.inputs) add_value(v);
    for (uint32_t v : segment.graph.outputs) add_value(v);
    for (const State& state : segment.graph.states) {
      const std::string& group = segment.graph.groups[state.group].name;
      const SessionStates::Memory& m = states_->groups()[states_->find(group)];
      const uint64_t offset = states_->offset(group, state.name);
      add(state.value, m.memory.data() + offset, m.memory.size() - offset, m.stride);
    }
    WEFT_TRY(auto instance, Instance::create(compiled_->executables[s], bindings));
    instances_.push_back(std::move(instance));
    segment_seconds_.push_back(0);
  }
  return {};
}

void* GraphInstance::memory_of(const std::string& input, uint32_t dtype) const {
  for (uint32_t v : graph().inputs) {
    if (graph().values[v].name != input || graph().values[v].dtype != dtype) continue;
    auto it = values_.find(v);
    return it == values_.end() ? nullptr : it->second.data();
  }
  return nullptr;
}

int32_t* GraphInstance::input(const std::string& name) const {
  return static_cast<int32_t*>(memory_of(name, WEFT_I32));
}
float* GraphInstance::f32_input(const std::string& name) const {
  return static_cast<float*>(memory_of(name, WEFT_F32));
}

const float* GraphInstance::output(const std::string& name) const {
  for (std::size_t i = 0; i < graph().outputs.size(); ++i) {
    if (graph().output_names[i] != name) continue;
    auto it = values_.find(graph().outputs[i]);
    return it == values_.end() ? nullptr : reinterpret_cast<const float*>(it->second.data());
  }
  return nullptr;
}

Status GraphInstance::run(const FreeSizes& sizes) {
  WEFT_TRY(const std::vector<int64_t> all, resolve_symbols(graph(), sizes));
  return run(all);
}

Status GraphInstance::run(std::span<const int64_t> sizes) {
  for (std::size_t s = 0; s < instances_.size(); ++s) {
    const auto start = std::chrono::steady_clock::now();
    WEFT_CHECK_OK(instances_[s]->execute(sizes));
    segment_seconds_[s] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return {};
}

}  // namespace weft
