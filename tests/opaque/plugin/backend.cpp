// The table of the backend "opaque": counts calls, ends them as tests have planned, and lies where it is asked to.
#include "plugins/backends/host/ops.hpp"
#include "tests/opaque/plugin/blocks.hpp"
#include "tests/opaque/plugin/objects.hpp"
#include "weft/sdk/plugin.hpp"
#include "weft/sdk/strided.hpp"

namespace opaque {
namespace {

using weft::sdk::fail, weft::sdk::guard, weft::sdk::str, weft::sdk::strided;

constexpr const char* kNames[kDevices] = {"Opaque Red", "Opaque Green", "Opaque Blue"};

Backend& backend_of(void* self) { return *static_cast<Backend*>(self); }

template <class T, class Handle>
T& as(Handle* handle) {
  return *reinterpret_cast<T*>(handle);
}
Device& of(weft_device* d) { return as<Device>(d); }

/// A call that may fail. device: null before there is one.
template <class F>
weft_status* call(Backend& backend, Device* device, const char* name, F&& f) noexcept {
  return guard(backend.host, [&] {
    switch (backend.watch.enter(false, name)) {
      case Fault::kCallRefused: fail(WEFT_ABORTED, std::string(name) + " was refused as planned");
      case Fault::kLostAtCall:
        if (device != nullptr) device->worker.lose();
        fail(WEFT_UNAVAILABLE, "the device is lost");
      default: break;
    }
    if (device != nullptr && device->worker.lost()) fail(WEFT_UNAVAILABLE, "the device is lost");
    f();
  });
}

/// Whether the lie that is to be told is `what` and a function's name.
bool tells(const Backend& backend, std::string_view what, std::string_view name) {
  const std::string_view lie = backend.settings.lies;
  return lie.starts_with(what) && lie.substr(what.size()) == name;
}

/// A call that makes an object, or lies.
template <class Handle, class F>
weft_status* make(Backend& backend, Device* device, const char* name, Handle** out, F&& f) noexcept {
  if (tells(backend, "rubbish in ", name)) {  // what a call that fails leaves behind
    *out = reinterpret_cast<Handle*>(uintptr_t{8});
    return guard(backend.host, [&] { fail(WEFT_ABORTED, "refused, with rubbish for a handle"); });
  }
  if (tells(backend, "nothing in ", name)) return nullptr;
  return call(backend, device, name, [&] { *out = reinterpret_cast<Handle*>(f()); });
}

void describe(Backend& backend, uint32_t i, weft_device_info& out) {
  if (i >= kDevices) fail(WEFT_NOT_FOUND, "opaque has three devices");
  out.name = str(kNames[i]), out.description = str("walls without a card"), out.driver = str("none");
  out.kind = WEFT_DEVICE_OTHER, out.caps = WEFT_CAP_BY_NAME;
  out.mem_total = backend.accounts[i].total();
  out.mem_free = std::max<uint64_t>(backend.accounts[i].free(), 1);  // 0 would mean that it is not known
  out.max_buffer = backend.settings.max_buffer;
  out.align = backend.settings.lies == "align" ? 24 : backend.settings.align;
  for (uint32_t b = 0; b < sizeof out.uuid; ++b) out.uuid[b] = static_cast<uint8_t>(16 * i + b);
}

void add_step_1(weft_backend& t) {
  t.device_count = [](void*) noexcept { return kDevices; };
  t.device_info = [](void* self, uint32_t i, weft_device_info* out) noexcept {
    return call(backend_of(self), nullptr, "device_info", [&] { describe(backend_of(self), i, *out); });
  };
  t.device_open = [](void* self, uint32_t i, weft_str variant, const weft_options* options,
                     weft_device** out) noexcept {
    return make(backend_of(self), nullptr, "device_open", out, [&] {
      if (variant.size != 0) fail(WEFT_NOT_FOUND, "opaque has no variants");
      return new Device(backend_of(self), i, options);
    });
  };
  t.device_close = [](weft_device* d) noexcept { delete &of(d); };
  t.supports = [](weft_device* d, const weft_graph* g, uint8_t* verdicts, const weft_reasons* reasons) noexcept {
    Backend& b = of(d).backend;
    return call(b, &of(d), "supports", [&] {
      weft::sdk::check(b.inner.supports(of(d).inner, g, verdicts, reasons));
      for (uint32_t i = 0; i < g->n_nodes; ++i) {
        const weft_str op = g->op_names[strided(g->nodes, g->node_stride, i).op];
        if (b.settings.refuses.count(std::string(weft::sdk::view(op))) == 0) continue;
        verdicts[i] = 0;
        if (reasons != nullptr) reasons->add(reasons->ctx, i, str("it is refused as planned"));
      }
    });
  };
  t.state_layout = [](weft_device* d, const weft_state* s, uint32_t tokens, weft_state_layout* out) noexcept {
    return call(of(d).backend, &of(d), "state_layout", [&] {
      out->block_bytes = content_of(of(d), *s, tokens).block_bytes + kHead;
      out->align = 1;
      if (of(d).backend.settings.lies == "block size") out->block_bytes = UINT64_MAX;
      if (of(d).backend.settings.lies == "block alignment") out->align = 3;
    });
  };
  t.store_new = [](weft_device* d, const weft_params* p, const weft_numerics* n, const weft_options* options,
                   weft_store** out) noexcept {
    return make(of(d).backend, &of(d), "store_new", out, [&] { return new Store(of(d), p, n, options); });
  };
  t.store_free = [](weft_store* s) noexcept { delete &as<Store>(s); };
  t.compile = [](weft_store* s, const weft_graph* g, const weft_options* options, weft_exec** out) noexcept {
    Store& store = as<Store>(s);
    return make(store.device.backend, &store.device, "compile", out, [&] { return new Exec(store, *g, options); });
  };
  t.exec_free = [](weft_exec* e) noexcept { delete &as<Exec>(e); };
  t.instance_new = [](weft_exec* e, weft_timeline* timeline, const weft_binding* b, uint32_t n, uint32_t stride,
                      const weft_options* options, weft_instance** out) noexcept {
    Device& device = as<Exec>(e).store.device;
    auto* line = reinterpret_cast<Timeline*>(timeline);
    const OneThread one(device.backend.watch, line);
    return make(device.backend, &device, "instance_new", out, [&] {
      must(device.backend.watch, (line != nullptr) == (device.backend.settings.step == 3), "an instance's timeline");
      return new Instance(as<Exec>(e), line, b, n, stride, options);
    });
  };
  t.instance_free = [](weft_instance* i) noexcept {
    Instance& instance = as<Instance>(i);
    Device& device = instance.device();
    const OneThread one(device.backend.watch, instance.timeline);
    if (instance.timeline != nullptr && device.worker.busy(*instance.timeline))
      device.backend.watch.complain("an instance is freed whose work is not over");
    delete &instance;
  };
  t.execute = [](weft_instance* i, const weft_submit* submit) noexcept {
    Instance& instance = as<Instance>(i);
    const OneThread one(instance.device().backend.watch, instance.timeline);
    return call(instance.device().backend, &instance.device(), "execute", [&] { instance.execute(*submit); });
  };
}

weft_status* estimate(weft_device* d, const weft_params* p, const weft_graph* g, weft_estimate* out) noexcept {
  return call(of(d).backend, &of(d), "estimate", [&] { out->weights = Weights::bytes_of(*p, *g), out->scratch = 0; });
}

void add_step_2(weft_backend& t) {
  t.buffer_new = [](weft_device* d, uint32_t, uint64_t bytes, weft_buffer** out) noexcept {
    Backend& b = of(d).backend;
    return make(b, &of(d), "buffer_new", out, [&] {
      must(b.watch, bytes > 0 && bytes % b.settings.align == 0, "a buffer's size is not aligned");
      must(b.watch, b.settings.max_buffer == 0 || bytes <= b.settings.max_buffer, "a buffer is too large");
      return of(d).buffers.make(bytes);
    });
  };
  t.buffer_free = [](weft_buffer* handle) noexcept { Buffers::owner(handle).free(handle); };
  t.transfer = [](weft_device* d, const weft_transfer* request) noexcept {
    const OneThread one(of(d).backend.watch, reinterpret_cast<Timeline*>(request->when.timeline));
    return call(of(d).backend, &of(d), "transfer", [&] { transfer(of(d), *request); });
  };
}

weft_status* map(weft_buffer* handle, void** out) noexcept {
  *out = Buffers::owner(handle).find(handle)->data();
  return nullptr;
}

void add_step_3(weft_backend& t) {
  t.timeline_new = [](weft_device* d, weft_timeline** out) noexcept {
    Backend& b = of(d).backend;
    return make(b, &of(d), "timeline_new", out, [&] {
      auto* timeline = new Timeline;
      timeline->device = &of(d);
      b.watch.add(Kind::kTimeline, 1);
      return timeline;
    });
  };
  t.timeline_free = [](weft_timeline* timeline) noexcept {
    Timeline& line = as<Timeline>(timeline);
    Watch& watch = line.device->backend.watch;
    if (line.device->worker.busy(line)) watch.complain("a timeline is freed whose work is not over");
    watch.add(Kind::kTimeline, -1);
    delete &line;
  };
  t.timeline_wait = [](weft_timeline* timeline, uint64_t value, uint64_t timeout_ns) noexcept {
    Timeline& line = as<Timeline>(timeline);
    const weft::sdk::Entry entry(line.device->backend.host);
    bool over = true;
    weft_status* failed =
        guard(line.device->backend.host, [&] { over = line.device->worker.wait(line, value, timeout_ns); });
    return over ? failed : weft::sdk::make_status(WEFT_DEADLINE_EXCEEDED, "not reached yet");
  };
}

/// Tables of backends that forget functions.
void forget(weft_backend& t, const std::string& lies) {
  if (lies == "no compile") t.compile = nullptr;
  if (lies == "no device_info") t.device_info = nullptr;
  if (lies == "no transfer") t.transfer = nullptr;
  if (lies == "no timeline_wait") t.timeline_wait = nullptr;
  if (lies == "time without memory") t.buffer_new = nullptr, t.buffer_free = nullptr, t.transfer = nullptr;
  if (lies == "short") t.hdr.struct_size = WEFT_END(weft_backend, execute);
}

}  // namespace

Backend::Backend(const weft::sdk::Json& options)
    : settings(options),
      accounts{Account(settings.memory), Account(settings.memory), Account(settings.memory)} {
  weft::host_ops::add_all(kernels);
  table.hdr = WEFT_HDR(weft_backend, estimate);
  table.self = this, table.name = str("opaque");
  add_step_1(table), add_step_2(table);
  if (settings.step == 3) add_step_3(table);
  if (settings.unified) table.buffer_map = map;
  table.estimate = estimate;
  forget(table, settings.lies);
}

struct Plugin {
  static constexpr std::string_view kId = "weft.test.opaque", kVersion = "0.1.0", kVendor = "weft";

  explicit Plugin(const weft::sdk::Json& options) : backend_(options) {}
  const void* interface(std::string_view id, uint32_t n) {
    if (n != 0) return nullptr;
    if (id == WEFT_BACKEND_INTERFACE) return &backend_.table;
    return id == kWatchInterface ? &watch_ : nullptr;
  }

 private:
  Backend backend_;
  const WatchTable watch_{WEFT_HDR(WatchTable, watch), nullptr, &backend_.watch};
};

}  // namespace opaque

using opaque::Plugin;
WEFT_PLUGIN(Plugin)
