// A backend made from a table of kernels: op name -> function. For devices whose memory is the host's.
//
//   weft::sdk::Interpreter backend("acme", "what weft plugins says of it");
//   backend.kernel("matmul", [](weft::sdk::Call& c) { ... });
//   ... interface(id, n): return id == WEFT_BACKEND_INTERFACE && n == 0 ? backend.table() : nullptr;
//
// supports refuses nodes that no kernel computes, so that the core opens them or runs them on another backend.
#pragma once

#include <unistd.h>

#include <memory>
#include <optional>

#include "weft/abi/backend.h"
#include "weft/sdk/interpreter_frame.hpp"
#include "weft/sdk/interpreter_program.hpp"

namespace weft::sdk {

class Interpreter {
 public:
  Interpreter(std::string name, std::string description)
      : name_(std::move(name)), description_(std::move(description)) {
    make_table();
  }
  Interpreter(const Interpreter&) = delete;  // the table points at it
  Interpreter& operator=(const Interpreter&) = delete;

  /// Registers the kernel of an op and version. It meets only nodes whose inputs and attributes are those of the op's
  /// row in weft's table (docs/reference/ops.md), or, of an op that is not weft's, whose attributes are named here. A
  /// name without a dot that the table does not have is refused. Inputs come as f32, but for those in
  /// KernelOptions::stored. reshape needs a kernel to be supported, but where it only makes a view its kernel is not
  /// called.
  void kernel(const std::string& op, std::function<void(Call&)> run, KernelOptions options = {}) {
    const Op* row = find_op(op, options.version);
    if (row == nullptr && is_weft_name(op)) {
      refuse("a kernel for " + op + " of version " + std::to_string(options.version) +
             ", which weft does not have; ops of others have a dot in their names, as com.acme." + op);
    }
    if (row != nullptr && (!options.attributes.empty() || options.body != nullptr))
      refuse("a kernel for " + op + ", an op of weft, with attributes or a body of its own");
    const std::pair key(op, options.version);
    kernels_[key] = {std::move(run), std::move(options), row};
  }
  /// `choose` interprets the part behind the colon of --backend (empty: none) when a device is opened. What it returns
  /// is Call::variant for all that is compiled for that device. Without `choose`, variants are refused.
  void variants(std::function<const void*(std::string_view)> choose) { choose_ = std::move(choose); }

  /// What the device is called in lists: the processor's name. Without it, it is called as the backend.
  void device_name(std::string name) { device_name_ = std::move(name); }

  /// The backend's table, which never changes. The plugin owns the Interpreter, from init to shutdown. [any-thread]
  const weft_backend* table() const { return &table_; }

 private:
  struct Device {
    const Interpreter* backend;
    const void* variant;
  };
  struct Store {
    const Device* device;
    WeightStore weights;
    uint32_t precision;
  };
  struct Exec {
    const weft_host* host;
    std::shared_ptr<const Program> program;
  };
  struct Session {
    Session(const Exec& e) : host(e.host), program(e.program), frame(*program) {}
    const weft_host* host;
    std::shared_ptr<const Program> program;
    Frame frame;
    std::vector<weft_binding> states;  // by state; value WEFT_NONE: not bound
  };

  void make_table() {
    table_.hdr = WEFT_HDR(weft_backend, estimate);
    table_.self = this;
    table_.name = str(name_);
    table_.device_count = [](void*) noexcept -> uint32_t { return 1; };
    table_.device_open = [](void* p, uint32_t i, weft_str variant, const weft_options* options,
                            weft_device** out) noexcept {
      Interpreter& self = *static_cast<Interpreter*>(p);
      return guard(self.host_, [&] {
        refuse_options(options);
        if (i != 0) fail(WEFT_NOT_FOUND, self.name_ + " has one device");
        if (variant.size != 0 && !self.choose_) fail(WEFT_NOT_FOUND, self.name_ + " has no variants");
        *out = reinterpret_cast<weft_device*>(new Device{&self, self.choose_ ? self.choose_(view(variant)) : nullptr});
      });
    };
    table_.device_close = [](weft_device* d) noexcept { delete reinterpret_cast<Device*>(d); };
    table_.device_info = [](void* p, uint32_t i, weft_device_info* out) noexcept -> weft_status* {
      const Interpreter& self = *static_cast<Interpreter*>(p);
      if (i != 0) return guard(self.host_, [&] { fail(WEFT_NOT_FOUND, self.name_ + " has one device"); });
      out->name = str(self.device_name_.empty() ? self.name_ : self.device_name_);
      out->mem_total = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
      out->description = str(self.description_);
      out->kind = WEFT_DEVICE_CPU, out->caps = WEFT_CAP_HOST_POINTERS, out->align = 64;
      return nullptr;
    };
    table_.supports = [](weft_device* d, const weft_graph* g, uint8_t* verdicts,
                         const weft_reasons* reasons) noexcept {
      const Interpreter& self = *reinterpret_cast<Device*>(d)->backend;
      return guard(self.host_, [&] {
        KernelFit fit(self.kernels_, *g);
        for (uint32_t i = 0; i < g->n_nodes; ++i) {
          const std::string refusal = fit.refusal(strided(g->nodes, g->node_stride, i));
          verdicts[i] = refusal.empty();
          if (!refusal.empty() && reasons != nullptr) reasons->add(reasons->ctx, i, str(refusal));
        }
      });
    };
    table_.state_layout = [](weft_device* d, const weft_state* s, uint32_t block_tokens,
                             weft_state_layout* out) noexcept {
      return guard(reinterpret_cast<Device*>(d)->backend->host_, [&] {
        uint64_t elems = 1;
        for (uint32_t i = 0; i < s->rank; ++i) elems *= static_cast<uint64_t>(s->dims[i]);
        out->block_bytes =
            entry_bytes(s->dtype, static_cast<int64_t>(elems), s->rank ? s->dims[s->rank - 1] : 1) * block_tokens;
        out->align = 64;
      });
    };
    table_.store_new = [](weft_device* d, const weft_params* p, const weft_numerics* n, const weft_options* options,
                          weft_store** out) noexcept {
      return guard(reinterpret_cast<Device*>(d)->backend->host_, [&] {
        refuse_options(options);
        *out = reinterpret_cast<weft_store*>(new Store{reinterpret_cast<Device*>(d), WeightStore(p), n->mode});
      });
    };
    table_.store_free = [](weft_store* s) noexcept { delete reinterpret_cast<Store*>(s); };
    table_.compile = [](weft_store* s, const weft_graph* g, const weft_options* options, weft_exec** out) noexcept {
      auto& store = *reinterpret_cast<Store*>(s);
      const auto& [self, variant] = *store.device;
      return guard(self->host_, [&, self = self, variant = variant] {
        refuse_options(options);
        *out = reinterpret_cast<weft_exec*>(new Exec{
            self->host_, std::make_shared<Program>(*g, self->kernels_, &store.weights, store.precision, variant)});
      });
    };
    table_.exec_free = [](weft_exec* e) noexcept { delete reinterpret_cast<Exec*>(e); };
    table_.instance_new = [](weft_exec* e, weft_timeline*, const weft_binding* b, uint32_t n, uint32_t stride,
                             const weft_options* options, weft_instance** out) noexcept {
      return guard(reinterpret_cast<Exec*>(e)->host, [&] {
        refuse_options(options);
        *out = reinterpret_cast<weft_instance*>(new_session(*reinterpret_cast<Exec*>(e), b, n, stride));
      });
    };
    table_.instance_free = [](weft_instance* i) noexcept { delete reinterpret_cast<Session*>(i); };
    table_.execute = [](weft_instance* i, const weft_submit* submit) noexcept {
      return guard(reinterpret_cast<Session*>(i)->host, [&] { run(*reinterpret_cast<Session*>(i), *submit); });
    };
  }

  static uint64_t entry_bytes(uint32_t dtype, int64_t elems, int64_t row_elems) {
    const weft_dtype* d = host().dtype_info(host().ctx, dtype);
    if (d == nullptr || d->n_planes != 1 || d->plane[0].rows != 1 || d->encode == nullptr ||
        row_elems % d->plane[0].cols != 0) {
      fail(WEFT_UNIMPLEMENTED,
           "a state cannot be stored as dtype " + (d ? std::string(view(d->name)) : std::to_string(dtype)));
    }
    return static_cast<uint64_t>(elems) / d->plane[0].cols * d->plane[0].bytes;
  }

  static Session* new_session(const Exec& exec, const weft_binding* b, uint32_t n, uint32_t stride) {
    auto s = std::make_unique<Session>(exec);
    const Program& program = *exec.program;
    weft_binding none{};
    none.value = WEFT_NONE;
    s->states.assign(program.states.size(), none);
    bind(*s, b, n, stride);
    return s.release();
  }

  static void bind(Session& s, const weft_binding* b, uint32_t n, uint32_t stride) {
    const Program& program = *s.program;
    for (uint32_t i = 0; i < n; ++i) {
      const weft_binding& binding = strided(b, stride, i);
      if (binding.value >= program.values.size()) refuse("binding of value " + std::to_string(binding.value));
      if (program.values[binding.value].kind == WEFT_STATE) {
        s.states.at(program.values[binding.value].index) = binding;
      } else {
        s.frame.bind(binding.value, static_cast<uint8_t*>(binding.host) + binding.offset, binding.bytes);
      }
    }
  }

  static StateView state(const Session& s, uint32_t index, const std::vector<int64_t>& sizes) {
    const ProgramState& p = s.program->states[index];
    const weft_binding& b = s.states[index];
    if (b.value == WEFT_NONE) fail(WEFT_FAILED_PRECONDITION, "a state is not bound");
    const int64_t slots = s.program->values[p.value].dims[0];
    StateView v;
    v.data = static_cast<uint8_t*>(b.host) + b.offset;
    v.block_stride = b.block_stride;
    v.entry_bytes = entry_bytes(p.dtype, p.entry_elems, p.row_elems);
    v.block_tokens = p.block_tokens, v.entry_elems = p.entry_elems, v.row_elems = p.row_elems;
    v.slots = slots >= 0 ? slots : sizes.at(static_cast<std::size_t>(~slots));
    v.dtype = host().dtype_info(host().ctx, p.dtype);
    v.fill = p.fill;
    return v;
  }

  /// An Interpreter defines no options.
  static void refuse_options(const weft_options* options) {
    if (options != nullptr && options->n_attr > 0)
      refuse("option " + std::string(view(options->attr->key)) + " is not known");
  }

  static void run(Session& s, const weft_submit& submit) {
    if (WEFT_HAS(&submit, weft_submit, options)) refuse_options(submit.options);
    if (WEFT_HAS(&submit, weft_submit, binding_stride) && submit.n_bindings > 0)
      bind(s, submit.bindings, submit.n_bindings, submit.binding_stride);
    const std::vector<int64_t> sizes(submit.sizes, submit.sizes + submit.n_sizes);
    std::vector<StateView> states;
    for (uint32_t i = 0; i < s.program->states.size(); ++i) states.push_back(state(s, i, sizes));
    s.frame.run(sizes, states);
  }

  const weft_host* host_ = host_slot();  // the host of the plugin that makes the Interpreter in its init
  std::string name_, description_, device_name_;
  Kernels kernels_;
  std::function<const void*(std::string_view)> choose_;
  weft_backend table_{};
};

}  // namespace weft::sdk
