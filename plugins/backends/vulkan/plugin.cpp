// The table of the backend "vulkan".
#include <algorithm>
#include <memory>

#include "plugins/backends/vulkan/executable.hpp"
#include "plugins/backends/vulkan/settings.hpp"
#include "plugins/backends/vulkan/support.hpp"
#include "plugins/backends/vulkan/transfer.hpp"
#include "weft/sdk/plugin.hpp"
#include "weft/sdk/strided.hpp"

namespace weft::vulkan {
namespace {

using sdk::fail, sdk::guard, sdk::str, sdk::strided, sdk::view;

struct Backend;
// What handles point to: the object, and the host it was made for.
struct DeviceHandle {
  Backend& backend;
  std::shared_ptr<Device> device;
};
struct StoreHandle {
  Backend& backend;
  Store store;
};
struct ExecHandle {
  Backend& backend;
  Executable executable;
};
struct InstanceHandle {
  Backend& backend;
  Instance instance;
};
struct TimelineHandle {
  Backend& backend;
  Timeline timeline;
};

struct Backend {
  explicit Backend(const Settings& settings);
  Backend(const Backend&) = delete;

  const weft_host* const host = sdk::host_slot();
  Machine machine;
  const sdk::Kernels kernels = all_kernels();
  weft_backend table{};
};

Backend& backend_of(void* self) { return *static_cast<Backend*>(self); }
template <class T>
std::unique_ptr<T> own(T* made) {
  return std::unique_ptr<T>(made);
}
template <class T, class Handle>
T& as(Handle* handle) {
  return *reinterpret_cast<T*>(handle);
}

/// Objects take no options.
void refuse_options(const weft_options* options) {
  if (options != nullptr && options->n_attr > 0)
    sdk::refuse("unknown option \"" + std::string(view(options->attr->key)) + "\": vulkan has none here");
}

/// What f() throws, or what the validation layer says of it.
template <class F>
weft_status* answer(Backend& backend, F&& f) noexcept {
  return guard(backend.host, [&] {
    f();
    backend.machine.complaints.check();
  });
}

/// Hands out the object that f() makes.
template <class Handle, class F>
weft_status* make(Backend& backend, const weft_options* options, Handle** out, F&& f) noexcept {
  return guard(backend.host, [&] {
    refuse_options(options);
    auto made = f();
    backend.machine.complaints.check();
    *out = reinterpret_cast<Handle*>(made.release());
  });
}

const Facts& facts_of(Backend& backend, uint32_t i) {
  const std::vector<Facts>& all = backend.machine.devices();
  if (i >= all.size())
    fail(WEFT_NOT_FOUND, "vulkan has no device " + std::to_string(i) + ", there are " + std::to_string(all.size()));
  return all[i];
}

void describe(Backend& backend, uint32_t i, weft_device_info& out) {
  const Facts& f = facts_of(backend, i);
  out.name = str(f.name), out.description = str(f.description), out.driver = str(f.driver);
  out.kind = f.software ? WEFT_DEVICE_CPU : WEFT_DEVICE_GPU;
  out.caps = f.software || !f.lacks.empty() ? WEFT_CAP_BY_NAME : 0;
  out.mem_total = f.memory, out.mem_free = backend.machine.free_memory(f);
  out.max_buffer = f.most_at_once;
  std::copy(std::begin(f.build.device), std::end(f.build.device), out.uuid);
}

/// Throws where shaders do not read a state as it is stored.
void lay_out(const weft_state& state, uint32_t tokens, weft_state_layout& out) {
  const std::string name = "vulkan stores state " + std::string(view(state.name));
  if (!is_stored(state.dtype)) fail(WEFT_UNIMPLEMENTED, name + " as f32, f16 or bf16 alone; set kv to one of them");
  uint64_t row = 1, bytes = state.dtype == WEFT_F32 ? 4 : 2;
  bool fits = true;
  for (uint32_t i = 0; i < state.rank; ++i)
    fits = fits && !__builtin_mul_overflow(row, static_cast<uint64_t>(state.dims[i]), &row);
  for (const uint64_t factor : {row, uint64_t{tokens}}) fits = fits && !__builtin_mul_overflow(bytes, factor, &bytes);
  if (!fits) fail(WEFT_RESOURCE_EXHAUSTED, name + ": the size of a block overflows");
  if (state.dtype != WEFT_F32 && row % 2 != 0)
    fail(WEFT_UNIMPLEMENTED, name + ", whose entries have " + std::to_string(row) +
                                 " values, as f32 alone: those of 16 bits come in pairs; set kv to f32");
  out.block_bytes = bytes, out.align = 4;
}

void add_step_1(weft_backend& t) {
  t.device_count = [](void* self) noexcept -> uint32_t {
    const sdk::Entry entry(backend_of(self).host);
    try {
      return static_cast<uint32_t>(backend_of(self).machine.devices().size());
    } catch (...) {  // device_info says why
      return 0;
    }
  };
  t.device_info = [](void* self, uint32_t i, weft_device_info* out) noexcept {
    return answer(backend_of(self), [&] { describe(backend_of(self), i, *out); });
  };
  t.device_open = [](void* self, uint32_t i, weft_str variant, const weft_options* options,
                     weft_device** out) noexcept {
    Backend& b = backend_of(self);
    return make(b, options, out, [&] {
      const Facts& facts = facts_of(b, i);
      if (variant.size != 0)
        fail(WEFT_NOT_FOUND, "vulkan has no device \"" + std::string(view(variant)) + "\"; weft devices lists them");
      if (!facts.lacks.empty()) fail(WEFT_UNIMPLEMENTED, facts.name + " cannot be used: " + facts.lacks);
      return own(new DeviceHandle{b, std::make_shared<Device>(b.machine, facts)});
    });
  };
  t.device_close = [](weft_device* d) noexcept {
    const sdk::Entry entry(as<DeviceHandle>(d).backend.host);  // it may log
    delete &as<DeviceHandle>(d);
  };
  t.supports = [](weft_device* d, const weft_graph* g, uint8_t* verdicts, const weft_reasons* reasons) noexcept {
    Backend& b = as<DeviceHandle>(d).backend;
    return answer(b, [&] {
      sdk::KernelFit fit(b.kernels, *g);
      for (uint32_t i = 0; i < g->n_nodes; ++i) {
        const weft_node& node = strided(g->nodes, g->node_stride, i);
        std::string refusal = fit.refusal(node);
        if (refusal.empty()) refusal = unfit(*g, node);
        // A composite that has no shaders of its own is opened only where its weights or states lie here.
        verdicts[i] = !refusal.empty() ? 0 : node.body != 0 ? 2 : 1;
        if (!refusal.empty() && reasons != nullptr) reasons->add(reasons->ctx, i, str(refusal));
      }
    });
  };
  t.state_layout = [](weft_device* d, const weft_state* s, uint32_t tokens, weft_state_layout* out) noexcept {
    return answer(as<DeviceHandle>(d).backend, [&] { lay_out(*s, tokens, *out); });
  };
  t.estimate = [](weft_device* d, const weft_params* p, const weft_graph* g, weft_estimate* out) noexcept {
    DeviceHandle& device = as<DeviceHandle>(d);
    return answer(device.backend, [&] {
      Store store(device.device, p);
      // Nodes that go elsewhere take nothing here.
      std::vector<weft_node> nodes;
      sdk::KernelFit fit(device.backend.kernels, *g);
      for (uint32_t i = 0; i < g->n_nodes; ++i) {
        const weft_node& node = strided(g->nodes, g->node_stride, i);
        if (fit.refusal(node).empty() && unfit(*g, node).empty()) nodes.push_back(node);
      }
      weft_graph here = *g;
      here.nodes = nodes.data(), here.n_nodes = static_cast<uint32_t>(nodes.size());
      here.node_stride = sizeof(weft_node);
      const Executable measured(store, here, device.backend.kernels, Executable::Load::kNothing);
      out->weights = store.bytes(measured.params()), out->scratch = scratch_bytes(measured);
    });
  };
  t.store_new = [](weft_device* d, const weft_params* p, const weft_numerics*, const weft_options* options,
                   weft_store** out) noexcept {
    DeviceHandle& device = as<DeviceHandle>(d);
    return make(device.backend, options, out, [&] { return own(new StoreHandle{device.backend, {device.device, p}}); });
  };
  t.store_free = [](weft_store* s) noexcept { delete &as<StoreHandle>(s); };
  t.compile = [](weft_store* s, const weft_graph* g, const weft_options* options, weft_exec** out) noexcept {
    StoreHandle& store = as<StoreHandle>(s);
    return make(store.backend, options, out, [&] {
      return own(new ExecHandle{store.backend, {store.store, *g, store.backend.kernels}});
    });
  };
  t.exec_free = [](weft_exec* e) noexcept { delete &as<ExecHandle>(e); };
  t.instance_new = [](weft_exec* e, weft_timeline* line, const weft_binding* b, uint32_t n, uint32_t stride,
                      const weft_options* options, weft_instance** out) noexcept {
    ExecHandle& exec = as<ExecHandle>(e);
    return make(exec.backend, options, out, [&] {
      return own(new InstanceHandle{exec.backend, {exec.executable, as<TimelineHandle>(line).timeline, b, n, stride}});
    });
  };
  t.instance_free = [](weft_instance* i) noexcept { delete &as<InstanceHandle>(i); };
  t.execute = [](weft_instance* i, const weft_submit* submit) noexcept {
    InstanceHandle& instance = as<InstanceHandle>(i);
    return guard(instance.backend.host, [&] {
      if (WEFT_HAS(submit, weft_submit, options)) refuse_options(submit->options);
      instance.instance.execute(*submit);
    });
  };
}

void add_step_2(weft_backend& t) {
  t.buffer_new = [](weft_device* d, uint32_t memory, uint64_t bytes, weft_buffer** out) noexcept {
    DeviceHandle& device = as<DeviceHandle>(d);
    return make(device.backend, nullptr, out, [&] {
      return own(new Memory(*device.device, bytes,
                            memory == WEFT_MEMORY_HOST ? Memory::Of::kHost : Memory::Of::kDevice));
    });
  };
  t.buffer_free = [](weft_buffer* b) noexcept { delete &as<Memory>(b); };
  t.transfer = [](weft_device* d, const weft_transfer* t) noexcept {
    return guard(as<DeviceHandle>(d).backend.host,
                 [&] { transfer(as<TimelineHandle>(t->when.timeline).timeline, *t); });
  };
}

void add_step_3(weft_backend& t) {
  t.timeline_new = [](weft_device* d, weft_timeline** out) noexcept {
    DeviceHandle& device = as<DeviceHandle>(d);
    return make(device.backend, nullptr, out,
                [&] { return own(new TimelineHandle{device.backend, Timeline(*device.device)}); });
  };
  t.timeline_free = [](weft_timeline* line) noexcept { delete &as<TimelineHandle>(line); };
  t.timeline_wait = [](weft_timeline* line, uint64_t value, uint64_t timeout_ns) noexcept {
    TimelineHandle& handle = as<TimelineHandle>(line);
    const sdk::Entry entry(handle.backend.host);
    bool over = true;
    weft_status* failed = guard(handle.backend.host, [&] {
      over = handle.timeline.wait(value, timeout_ns);
      if (over) handle.backend.machine.complaints.check();
    });
    return over ? failed : sdk::make_status(WEFT_DEADLINE_EXCEEDED, "not reached yet");
  };
}

Backend::Backend(const Settings& settings) : machine(settings) {
  table.hdr = WEFT_HDR(weft_backend, estimate);
  table.self = this, table.name = str("vulkan");
  add_step_1(table), add_step_2(table), add_step_3(table);
}

struct Plugin {
  static constexpr std::string_view kId = "weft.vulkan", kVersion = "0.1.0", kVendor = "weft";

  explicit Plugin(const sdk::Json& options) : backend_(Settings(options)) {}
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_BACKEND_INTERFACE && n == 0 ? &backend_.table : nullptr;
  }

 private:
  Backend backend_;
};

}  // namespace
}  // namespace weft::vulkan

using weft::vulkan::Plugin;
WEFT_PLUGIN(Plugin)
