#include "plugins/backends/vulkan/executable.hpp"

#include <algorithm>

#include "plugins/backends/vulkan/account.hpp"
#include "plugins/backends/vulkan/shapes.hpp"
#include "weft/sdk/strided.hpp"

namespace weft::vulkan {
namespace {

std::vector<int64_t> largest_sizes(const weft_graph& g) {
  std::vector<int64_t> most;
  for (uint32_t i = 0; i < g.n_symbols; ++i) most.push_back(sdk::strided(g.symbols, g.symbol_stride, i).max);
  return most;
}

uint64_t bytes_of(const sdk::ProgramValue& v, const std::vector<int64_t>& sizes) {
  uint64_t bytes = sdk::element_bytes(v.dtype);
  for (const int64_t d : resolved(v.dims, sizes)) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(d), &bytes))
      sdk::fail(WEFT_RESOURCE_EXHAUSTED, "a value's size overflows");
  }
  return bytes;
}

constexpr uint64_t kAlign = 64;  // of a value; larger: nothing but gaps
uint64_t aligned(uint64_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

}  // namespace

Dims resolved(const Dims& dims, const std::vector<int64_t>& sizes) {
  Dims out = dims;
  for (int64_t& d : out) {
    if (d < 0) d = sizes.at(static_cast<std::size_t>(~d));
  }
  return out;
}

Executable::Executable(Store& s, const weft_graph& graph, const sdk::Kernels& kernels, Load load)
    : store(s), program(graph, kernels, nullptr, WEFT_PRECISION_EXACT, nullptr), most(largest_sizes(graph)) {
  weights.resize(program.values.size()), constant.resize(program.values.size());
  if (load == Load::kNothing) {
    for (std::size_t i = 0; i < program.values.size(); ++i) {
      const sdk::ProgramValue& v = program.values[i];
      if (v.kind == WEFT_PARAM) weights[i].format = &store.format(v.index);
    }
    return;
  }
  store.load(params());
  uint64_t bytes = 0;
  for (const sdk::ProgramValue& v : program.values) bytes += aligned(v.constant.size());
  if (bytes > 0) constants = Memory(*store.device, bytes, Memory::Of::kHost);
  bytes = 0;
  for (std::size_t i = 0; i < program.values.size(); ++i) {
    const sdk::ProgramValue& v = program.values[i];
    if (v.kind == WEFT_PARAM) weights[i] = store.weight(v.index);
    if (v.kind != WEFT_CONST || v.constant.empty()) continue;
    std::memcpy(constants.host() + bytes, v.constant.data(), v.constant.size());
    constant[i] = constants.address() + bytes;
    bytes += aligned(v.constant.size());
  }
}

std::vector<uint64_t> Executable::params() const {
  std::vector<uint64_t> all;
  for (const sdk::ProgramValue& v : program.values) {
    if (v.kind == WEFT_PARAM) all.push_back(v.index);
  }
  return all;
}

Plan plan_of(const sdk::Program& program, const std::vector<int64_t>& sizes) {
  Plan plan;
  plan.offset.resize(program.values.size());
  struct Piece {
    uint64_t offset, bytes;
    uint32_t value;
  };
  std::vector<Piece> live;  // by offset
  for (const sdk::ProgramNode& node : program.nodes) {
    for (const uint32_t v : node.out) {
      const sdk::ProgramValue& value = program.values[v];
      if (value.alias_state != WEFT_NONE || program.is_output(v)) continue;
      const uint64_t bytes = aligned(bytes_of(value, sizes));
      uint64_t at = 0;
      auto before = live.begin();
      for (; before != live.end() && before->offset - at < bytes; ++before) at = before->offset + before->bytes;
      plan.offset[v] = at;
      plan.bytes = std::max(plan.bytes, at + bytes);
      live.insert(before, {at, bytes, v});
    }
    std::erase_if(live, [&](const Piece& p) {
      return std::find(node.last_use.begin(), node.last_use.end(), p.value) != node.last_use.end();
    });
  }
  return plan;
}

Instance::Instance(const Executable& executable, Timeline* timeline)
    : executable_(executable),
      timeline_(timeline),
      bound_(executable.program.values.size()),
      at_(executable.program.values.size()) {
  plan_ = plan_of(executable.program, executable.most);
  record(nullptr, executable.most, 0);  // finds what shaders cannot count, and how much scratch memory nodes ask for
}

uint64_t scratch_bytes(const Executable& executable) {
  const Instance measured(executable, nullptr);
  return measured.plan_.bytes + measured.scratch_most_;
}

Instance::Instance(const Executable& executable, Timeline& timeline, const weft_binding* bindings, uint32_t n,
                   uint32_t stride)
    : Instance(executable, &timeline) {
  bind(bindings, n, stride);
  Device& device = *executable.store.device;
  temps_ = Memory(device, plan_.bytes, Memory::Of::kDevice);
  scratch_ = Memory(device, scratch_most_, Memory::Of::kDevice);
}

void Instance::bind(const weft_binding* bindings, uint32_t n, uint32_t stride) {
  for (uint32_t i = 0; i < n; ++i) {
    const weft_binding& b = sdk::strided(bindings, stride, i);
    if (b.value >= bound_.size())
      sdk::refuse("a binding names value " + std::to_string(b.value) + " of " + std::to_string(bound_.size()));
    Bound& bound = bound_[b.value];
    bound = {};
    if (b.buffer == nullptr) {
      bound.host = static_cast<const uint8_t*>(b.host) + b.offset;
    } else {
      bound.at = reinterpret_cast<const Memory*>(b.buffer)->address() + b.offset;
    }
    bound.bytes = b.bytes, bound.block_stride = b.block_stride;
    if (executable_.program.values[b.value].kind == WEFT_STATE && !countable(b.bytes / 4))
      sdk::fail(WEFT_UNIMPLEMENTED, "a state of " + std::to_string(b.bytes) + " bytes: more than shaders count");
  }
}

VkDeviceAddress Instance::scratch(uint64_t bytes) {
  const VkDeviceAddress at = scratch_.address() + scratch_used_;
  scratch_used_ += aligned(bytes);
  scratch_most_ = std::max(scratch_most_, scratch_used_);
  return at;
}

sdk::View Instance::view(uint32_t value, const std::vector<int64_t>& sizes) const {
  const sdk::Program& program = executable_.program;
  const sdk::ProgramValue& v = program.values[value];
  sdk::View view;
  view.dtype = v.dtype;
  view.dims = resolved(v.dims, sizes);
  view.data = pointer(at_[v.root]);
  const bool weights = program.values[v.root].kind == WEFT_PARAM;  // the store has counted those
  if (!weights && v.alias_state == WEFT_NONE && !countable(bytes_of(v, sizes) / sdk::element_bytes(v.dtype)))
    sdk::fail(WEFT_UNIMPLEMENTED, "a tensor of " + std::to_string(view.size()) + " elements: more than shaders count");
  return view;
}

Span Instance::span(uint32_t value, const std::vector<int64_t>& sizes) const {
  const sdk::Program& program = executable_.program;
  const sdk::ProgramValue& v = program.values[value];
  if (v.alias_state != WEFT_NONE) {
    const Bound& state = bound_[program.states[v.alias_state].value];
    return {state.at, state.bytes};
  }
  const sdk::ProgramValue& root = program.values[v.root];
  if (root.kind == WEFT_PARAM || root.kind == WEFT_CONST) return {};  // nothing writes them
  return {at_[v.root], bytes_of(root, sizes)};
}

Weight Instance::weight(uint32_t value) const {
  const uint32_t root = executable_.program.values[value].root;
  if (executable_.program.values[root].kind == WEFT_PARAM) return executable_.weights[root];
  Weight tensor;
  tensor.low = at_[root];
  return tensor;
}

void Instance::record(Work* work, const std::vector<int64_t>& sizes, VkDeviceAddress error) {
  const sdk::Program& program = executable_.program;
  std::vector<sdk::StateView> states;
  for (const sdk::ProgramState& s : program.states) {
    const Bound& bound = bound_[s.value];
    if (bound.at == 0 && work != nullptr) sdk::fail(WEFT_FAILED_PRECONDITION, "a state is not bound");
    sdk::StateView view;
    view.data = reinterpret_cast<uint8_t*>(bound.at), view.block_stride = bound.block_stride;
    view.block_tokens = s.block_tokens, view.entry_elems = s.entry_elems, view.row_elems = s.row_elems;
    view.slots = resolved({program.values[s.value].dims[0]}, sizes)[0];
    view.dtype = sdk::host().dtype_info(sdk::host().ctx, s.dtype);
    view.fill = s.fill;
    states.push_back(view);
  }
  Hazards hazards;
  for (const sdk::ProgramNode& node : program.nodes) {
    Dispatch d;
    d.op = node.op, d.attrs = &node.attrs, d.sizes = &sizes;
    d.facts = &executable_.store.device->facts, d.work = work, d.error = error, d.body_program = node.body.get();
    scratch_used_ = 0;
    d.hazards = &hazards;
    d.scratch = [this, &d](uint64_t bytes) {
      const VkDeviceAddress at = scratch(bytes);
      d.writes.push_back({at, bytes});
      return at;
    };
    for (const uint32_t v : node.in) {
      d.present.push_back(v != WEFT_NONE);
      d.in.push_back(v != WEFT_NONE ? view(v, sizes) : sdk::View{});
      d.weights.push_back(v != WEFT_NONE ? weight(v) : Weight{});
      const uint32_t state = v != WEFT_NONE ? program.values[v].alias_state : WEFT_NONE;
      d.states.push_back(state != WEFT_NONE ? &states[state] : nullptr);
      if (v != WEFT_NONE) d.reads.push_back(span(v, sizes));
    }
    for (const uint32_t v : node.out) {
      const uint32_t state = program.values[v].alias_state;
      if (state != WEFT_NONE) d.out_state = &states[state];
      d.out.push_back(view(v, sizes));
      d.writes.push_back(span(v, sizes));
    }
    node.kernel->run(d);
    if (work != nullptr && executable_.store.device->machine.settings.account) account(d, node.op);
  }
}

void Instance::place(Recording& recording) {
  const sdk::Program& program = executable_.program;
  for (const uint32_t v : program.outputs) {
    if (bound_[v].at == 0) sdk::fail(WEFT_FAILED_PRECONDITION, "output " + std::to_string(v) + " is not bound");
  }
  for (uint32_t i = 0; i < program.values.size(); ++i) {
    const sdk::ProgramValue& v = program.values[i];
    const Bound& bound = bound_[i];
    at_[i] = bound.at;
    if (v.kind == WEFT_PARAM) at_[i] = executable_.weights[i].low;
    if (v.kind == WEFT_CONST) at_[i] = executable_.constant[i];
    if (v.kind == WEFT_TEMP && v.root == i && bound.at == 0) at_[i] = temps_.address() + plan_.offset[i];
    const uint64_t bytes = v.kind == WEFT_INPUT ? bytes_of(v, recording.sizes) : 0;
    if (bytes == 0) continue;
    const std::string input = "input " + std::to_string(i);
    if (bound.at == 0 && bound.host == nullptr) sdk::fail(WEFT_FAILED_PRECONDITION, input + " is not bound");
    if (bytes > bound.bytes)
      sdk::fail(WEFT_OUT_OF_RANGE, input + " has " + std::to_string(bytes) + " bytes, its binding " +
                                       std::to_string(bound.bytes));
    if (bound.host == nullptr) continue;
    const Work::Lent lent = recording.work->lend(bytes);
    recording.inputs.push_back({lent.host, bound.host, bytes});
    at_[i] = lent.address;
  }
}

void Instance::forget_recordings() {
  for (Recording& r : recordings_) timeline_->give_back(std::move(r.work));
  recordings_.clear();
}

Instance::Recording& Instance::recording(const std::vector<int64_t>& sizes) {
  // Recordings of an instance. More: steps of more sizes are recorded once, and their inputs take more memory.
  constexpr std::size_t kMost = 4;
  for (auto r = recordings_.begin(); r != recordings_.end(); ++r) {
    if (r->sizes != sizes || r->work->running) continue;
    recordings_.splice(recordings_.begin(), recordings_, r);
    return *r;
  }
  Recording r{sizes, timeline_->begin(true), {}, nullptr};
  try {
    place(r);
    const Work::Lent error = r.work->lend(4);
    r.error = error.host;
    record(r.work.get(), sizes, error.address);
    r.work->after.push_back([at = error.host] {
      const auto fault = static_cast<Fault>(*reinterpret_cast<const uint32_t*>(at));
      if (fault != Fault::kNone) fail(fault);
    });
    timeline_->end(*r.work);
    recordings_.push_front(std::move(r));
  } catch (...) {
    if (r.work != nullptr) timeline_->give_back(std::move(r.work));
    throw;
  }
  if (recordings_.size() > kMost) {
    timeline_->give_back(std::move(recordings_.back().work));
    recordings_.pop_back();
  }
  return recordings_.front();
}

void Instance::execute(const weft_submit& submit) {
  if (submit.n_bindings > 0) {
    forget_recordings();
    bind(submit.bindings, submit.n_bindings, submit.binding_stride);
  }
  const Recording& r = recording({submit.sizes, submit.sizes + submit.n_sizes});
  for (const Recording::Input& input : r.inputs) std::memcpy(input.to, input.from, input.bytes);
  std::memset(r.error, 0, 4);
  timeline_->submit(r.work, submit.when.wait, submit.when.signal);
}

}  // namespace weft::vulkan
