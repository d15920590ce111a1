// A backend from a table of kernels: op name -> function. For devices that are host memory.
//
//   weft::sdk::Interpreter backend("acme", "what weft plugins says of it");
//   backend.kernel("matmul", [](weft::sdk::Call& c) { ... });
//   ... interface(id, n): return id == WEFT_BACKEND_INTERFACE && n == 0 ? backend.table() : nullptr;
//
// What has no kernel is refused through supports, so the core runs it elsewhere.
#pragma once

#include <memory>
#include <optional>

#include "weft/abi/backend.h"
#include "weft/sdk/interpreter_program.hpp"

namespace weft::sdk {

class Interpreter {
 public:
  Interpreter(std::string name, std::string description) : name_(std::move(name)), description_(std::move(description)) {}

  void kernel(std::string op, Kernel k) { kernels_[std::move(op)] = std::move(k); }

  /// The backend's table. The Interpreter is a member of the plugin: made in init, gone in shutdown.
  const weft_backend* table() {
    make_table();
    return &table_;
  }

 private:
  struct Place {  // where a value lies that has memory of its own
    void* data = nullptr;
    uint64_t bytes = 0;
  };
  struct Frame {  // of one program that runs
    std::vector<Place> bound;                                  // by value
    std::vector<std::vector<uint8_t>> buffers, free_buffers;  // by value; recycled temps
  };
  struct Session {
    const weft_host* host;
    std::shared_ptr<const Program> program;
    std::vector<weft_binding> bindings;  // by value; value WEFT_NONE: not bound
    Frame frame;
    std::map<const ProgramNode*, Frame> bodies;
  };
  struct Exec {
    const weft_host* host;
    std::shared_ptr<const Program> program;
  };

  void make_table() {
    table_.hdr = WEFT_HDR(weft_backend, buffer_read);
    table_.self = this;
    table_.name = str(name_);
    table_.device_count = [](void*) noexcept -> uint32_t { return 1; };
    table_.device_open = [](void* p, uint32_t i, weft_str variant, weft_device** out) noexcept {
      Interpreter& self = *static_cast<Interpreter*>(p);
      return guard(self.host_, [&] {
        if (i != 0 || variant.size != 0) fail(WEFT_NOT_FOUND, self.name_ + " has one device without variants");
        *out = reinterpret_cast<weft_device*>(&self);
      });
    };
    table_.device_close = [](weft_device*) noexcept {};
    table_.device_info = [](weft_device* d, weft_device_info* out) noexcept -> weft_status* {
      const auto& self = *reinterpret_cast<Interpreter*>(d);
      out->name = str(self.name_), out->description = str(self.description_);
      out->kind = WEFT_DEVICE_CPU, out->caps = WEFT_CAP_HOST_POINTERS, out->buffer_align = 64;
      return nullptr;
    };
    table_.supports = [](weft_device* d, const weft_graph* g, uint8_t* verdicts) noexcept {
      const auto& self = *reinterpret_cast<Interpreter*>(d);
      return guard(self.host_, [&] {
        for (uint32_t i = 0; i < g->n_nodes; ++i) {
          const auto& n = *reinterpret_cast<const weft_node*>(reinterpret_cast<const char*>(g->nodes) + uint64_t{i} * g->node_stride);
          verdicts[i] = self.runs(*g, n);
        }
      });
    };
    table_.state_layout = [](weft_device* d, const weft_state* s, uint32_t block_tokens, weft_state_layout* out) noexcept {
      return guard(reinterpret_cast<Interpreter*>(d)->host_, [&] {
        uint64_t elems = 1;
        for (uint32_t i = 0; i < s->rank; ++i) elems *= static_cast<uint64_t>(s->dims[i]);
        out->block_bytes = entry_bytes(s->dtype, static_cast<int64_t>(elems), s->rank ? s->dims[s->rank - 1] : 1) * block_tokens;
        out->align = 64;
      });
    };
    table_.store_new = [](weft_device* d, const weft_params* p, const weft_numerics*, weft_store** out) noexcept {
      return guard(reinterpret_cast<Interpreter*>(d)->host_, [&] { *out = reinterpret_cast<weft_store*>(new DecodedStore(p)); });
    };
    table_.store_free = [](weft_store* s) noexcept { delete reinterpret_cast<DecodedStore*>(s); };
    table_.compile = [](weft_device* d, weft_store* s, const weft_graph* g, weft_exec** out) noexcept {
      auto& self = *reinterpret_cast<Interpreter*>(d);
      return guard(self.host_, [&] {
        *out = reinterpret_cast<weft_exec*>(new Exec{self.host_, std::make_shared<Program>(*g, self.kernels_, reinterpret_cast<DecodedStore*>(s))});
      });
    };
    table_.exec_free = [](weft_exec* e) noexcept { delete reinterpret_cast<Exec*>(e); };
    table_.instance_new = [](weft_exec* e, const weft_binding* b, uint32_t n, uint32_t stride, weft_instance** out) noexcept {
      return guard(reinterpret_cast<Exec*>(e)->host, [&] { *out = reinterpret_cast<weft_instance*>(new_session(*reinterpret_cast<Exec*>(e), b, n, stride)); });
    };
    table_.instance_free = [](weft_instance* i) noexcept { delete reinterpret_cast<Session*>(i); };
    table_.execute = [](weft_instance* i, const weft_submit* submit) noexcept {
      return guard(reinterpret_cast<Session*>(i)->host, [&] { run(*reinterpret_cast<Session*>(i), *submit); });
    };
  }

  /// Whether there is a kernel for the node and, of a scan, for all of its body.
  bool runs(const weft_graph& g, const weft_node& n) const {
    if (n.version != 1 || !kernels_.count(view(g.op_names[n.op]))) return false;
    if (n.body == 0 || view(g.op_names[n.op]) != "scan") return true;
    const weft_graph& body = *g.bodies[n.body - 1];
    for (uint32_t i = 0; i < body.n_nodes; ++i) {
      if (!runs(body, *reinterpret_cast<const weft_node*>(reinterpret_cast<const char*>(body.nodes) + uint64_t{i} * body.node_stride))) return false;
    }
    return true;
  }

  static uint64_t entry_bytes(uint32_t dtype, int64_t elems, int64_t row_elems) {
    const weft_dtype* d = host().dtype_info(host().ctx, dtype);
    if (d == nullptr || d->n_planes != 1 || d->plane[0].rows != 1 || d->encode == nullptr || row_elems % d->plane[0].cols != 0) {
      fail(WEFT_UNIMPLEMENTED, "a state cannot be stored as dtype " + (d ? std::string(view(d->name)) : std::to_string(dtype)));
    }
    return static_cast<uint64_t>(elems) / d->plane[0].cols * d->plane[0].bytes;
  }

  static Session* new_session(const Exec& exec, const weft_binding* b, uint32_t n, uint32_t stride) {
    auto s = std::make_unique<Session>();
    s->host = exec.host;
    s->program = exec.program;
    weft_binding none{};
    none.value = WEFT_NONE;
    s->bindings.assign(s->program->values.size(), none);
    for (uint32_t i = 0; i < n; ++i) {
      const auto& binding = *reinterpret_cast<const weft_binding*>(reinterpret_cast<const char*>(b) + uint64_t{i} * stride);
      if (binding.value >= s->bindings.size()) refuse("binding of value " + std::to_string(binding.value));
      s->bindings[binding.value] = binding;
    }
    s->frame = frame_of(*s->program);
    for (const auto& binding : s->bindings) {
      if (binding.value != WEFT_NONE) s->frame.bound[binding.value] = {static_cast<uint8_t*>(binding.host) + binding.offset, binding.bytes};
    }
    for (const ProgramNode& node : s->program->nodes) {
      if (node.body) s->bodies.emplace(&node, frame_of(*node.body));
    }
    return s.release();
  }

  static Frame frame_of(const Program& program) {
    Frame f;
    f.bound.resize(program.values.size());
    f.buffers.resize(program.values.size());
    return f;
  }

  /// The dims of a value for these sizes, and its bytes.
  static View shape(const ProgramValue& v, const std::vector<int64_t>& sizes, uint64_t& bytes) {
    View t;
    t.dtype = v.dtype;
    bytes = v.dtype == WEFT_U8 ? 1 : 4;
    for (int64_t d : v.dims) {
      t.dims.push_back(d >= 0 ? d : sizes.at(static_cast<std::size_t>(~d)));
      if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(t.dims.back()), &bytes)) fail(WEFT_RESOURCE_EXHAUSTED, "a value's size overflows");
    }
    return t;
  }

  static View locate(const Program& program, Frame& f, uint32_t id, const std::vector<int64_t>& sizes, bool output) {
    const ProgramValue& v = program.values[id];
    uint64_t bytes = 0;
    View t = shape(v, sizes, bytes);
    if (v.alias_state != WEFT_NONE) return t;
    if (v.kind == WEFT_PARAM) {
      t.data = const_cast<float*>(program.store->values(v.index));
    } else if (v.kind == WEFT_CONST) {
      t.data = const_cast<uint8_t*>(v.constant.data());
    } else if (f.bound[id].data != nullptr) {
      if (bytes > f.bound[id].bytes) fail(WEFT_OUT_OF_RANGE, "a value needs more bytes than its binding has");
      t.data = f.bound[id].data;
    } else {
      std::vector<uint8_t>& buffer = f.buffers[id];
      if (output) {
        if (!f.free_buffers.empty()) {
          buffer = std::move(f.free_buffers.back());
          f.free_buffers.pop_back();
        }
        if (buffer.size() < bytes + 1) buffer.resize(bytes + 1);
      }
      t.data = buffer.data();
    }
    return t;
  }

  static StateView state(Session& s, uint32_t index, const std::vector<int64_t>& sizes) {
    const ProgramState& p = s.program->states.at(index);
    const weft_binding& b = s.bindings[p.value];
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

  static void run(Session& s, const weft_submit& submit) {
    const std::vector<int64_t> sizes(submit.sizes, submit.sizes + submit.n_sizes);
    std::vector<StateView> states;
    for (uint32_t i = 0; i < s.program->states.size(); ++i) states.push_back(state(s, i, sizes));
    run(*s.program, s.frame, s.bodies, sizes, states);
  }

  static void run(const Program& program, Frame& f, std::map<const ProgramNode*, Frame>& bodies,
                  const std::vector<int64_t>& sizes, const std::vector<StateView>& states) {
    for (const ProgramNode& node : program.nodes) {
      Call call;
      call.op = node.op;
      call.attrs = &node.attrs;
      call.sizes = &sizes;
      for (uint32_t v : node.in) {
        const bool present = v != WEFT_NONE;
        const uint32_t alias = present ? program.values[v].alias_state : WEFT_NONE;
        call.present.push_back(present);
        call.in.push_back(present ? locate(program, f, v, sizes, false) : View{});
        call.states.push_back(alias != WEFT_NONE ? &states[alias] : nullptr);
      }
      for (uint32_t v : node.out) {
        const uint32_t alias = program.values[v].alias_state;
        if (alias != WEFT_NONE) call.out_state = &states[alias];
        call.out.push_back(locate(program, f, v, sizes, true));
      }
      if (node.body) {
        call.body = [&](const std::vector<View>& in, const std::vector<View>& out) {
          run_body(*node.body, bodies.at(&node), in, out, sizes);
        };
      }
      (*node.kernel)(call);
      for (uint32_t v : node.last_use) f.free_buffers.push_back(std::move(f.buffers[v]));
    }
  }

  static void run_body(const Program& body, Frame& f, const std::vector<View>& in, const std::vector<View>& out,
                       const std::vector<int64_t>& sizes) {
    auto bind = [&](uint32_t value, const View& view) {
      f.bound[value] = {view.data, static_cast<uint64_t>(view.size()) * (view.dtype == WEFT_U8 ? 1 : 4)};
    };
    for (std::size_t i = 0; i < in.size(); ++i) bind(body.inputs.at(i), in[i]);
    for (std::size_t i = 0; i < out.size(); ++i) bind(body.outputs.at(i), out[i]);
    std::map<const ProgramNode*, Frame> none;  // scans do not nest
    run(body, f, none, sizes, {});
  }

  const weft_host* host_ = host_slot();  // of the plugin whose init makes the Interpreter
  std::string name_, description_;
  std::map<std::string, Kernel, std::less<>> kernels_;
  weft_backend table_{};
};

}  // namespace weft::sdk
