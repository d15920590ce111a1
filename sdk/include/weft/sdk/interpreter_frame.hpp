// One run of a Program: where its values lie, and the prepared calls, which are kept while the sizes stay equal.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "weft/sdk/host_array.hpp"
#include "weft/sdk/interpreter_program.hpp"

namespace weft::sdk {

/// The memory and calls of one session. [one thread per frame] Temps that do not live at the same time share memory.
class Frame {
 public:
  explicit Frame(const Program& program) : program_(program), bound_(program.values.size()) {
    for (const ProgramNode& node : program.nodes) {
      if (node.body) bodies_.try_emplace(&node, *node.body);
    }
  }

  /// Places a value in memory that the host, or the caller of a body, lends.
  void bind(uint32_t value, void* data, uint64_t bytes) {
    moved_ |= bound_.at(value).data != data;
    bound_.at(value) = {data, bytes};
  }

  void run(const std::vector<int64_t>& sizes, const std::vector<StateView>& states) {
    if (!prepared_ || moved_ || sizes_ != sizes) prepare(sizes, states);
    moved_ = false;
    states_ = states;  // the calls point at its elements, which stay where they are
    for (std::size_t n = 0; n < calls_.size(); ++n) {
      pull(n);
      (*calls_[n].run)(calls_[n]);
    }
  }

  /// Runs the program as a scan's body: inputs and outputs lie where the caller says.
  void run_body(const std::vector<View>& in, const std::vector<View>& out, const std::vector<int64_t>& sizes) {
    auto lend = [&](uint32_t value, const View& v) {
      bind(value, v.data, static_cast<uint64_t>(v.size()) * element_bytes(v.dtype));
    };
    for (std::size_t i = 0; i < in.size(); ++i) lend(program_.inputs.at(i), in[i]);
    for (std::size_t i = 0; i < out.size(); ++i) lend(program_.outputs.at(i), out[i]);
    if (!prepared_ || sizes_ != sizes) prepare(sizes, {});
    for (std::size_t n = 0; n < calls_.size(); ++n) {
      refresh(program_.nodes[n].in, calls_[n].in);
      refresh(program_.nodes[n].out, calls_[n].out);
      pull(n);
      (*calls_[n].run)(calls_[n]);
    }
  }

 private:
  struct Place {
    void* data = nullptr;
    uint64_t bytes = 0;
  };
  struct Buffer {
    uint64_t bytes = 0;
    HostArray<uint8_t> memory;
    uint64_t held = 0;  // the size of `memory`
  };

  /// The shape of a value for these sizes; `bytes` gets its size.
  static View shape(const ProgramValue& v, const std::vector<int64_t>& sizes, uint64_t& bytes) {
    View t;
    t.dtype = v.dtype;
    bytes = element_bytes(v.dtype);
    for (int64_t d : v.dims) {
      t.dims.push_back(d >= 0 ? d : sizes.at(static_cast<std::size_t>(~d)));
      if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(t.dims.back()), &bytes))
        fail(WEFT_RESOURCE_EXHAUSTED, "a value's size overflows");
    }
    return t;
  }

  void refresh(const std::vector<uint32_t>& ids, std::vector<View>& views) const {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] == WEFT_NONE) continue;
      if (const Place& p = bound_[program_.values[ids[i]].root]; p.data != nullptr) views[i].data = p.data;
    }
  }

  void prepare(const std::vector<int64_t>& sizes, const std::vector<StateView>& states) {
    prepared_ = false;
    sizes_ = sizes;
    states_ = states;
    std::vector<uint64_t> bytes(program_.values.size());
    views_.clear();
    for (std::size_t v = 0; v < program_.values.size(); ++v)
      views_.push_back(shape(program_.values[v], sizes, bytes[v]));
    place_temps(bytes);
    place_others(bytes);
    calls_.clear();
    for (const ProgramNode& node : program_.nodes) calls_.push_back(make_call(node));
    pulled_ = 0;
    prepared_ = true;
  }

  bool is_temp(uint32_t root) const {
    const ProgramValue& v = program_.values[root];
    return v.kind == WEFT_TEMP && v.alias_state == WEFT_NONE && bound_[root].data == nullptr;
  }

  /// Gives each temp a buffer from its first write until its last use.
  void place_temps(const std::vector<uint64_t>& bytes) {
    std::map<uint32_t, std::size_t> place;  // by root: the index of its buffer
    std::vector<std::size_t> free;
    for (Buffer& b : buffers_) b.bytes = 0;
    for (std::size_t i = 0; i < buffers_.size(); ++i) free.push_back(i);
    for (const ProgramNode& node : program_.nodes) {
      for (uint32_t v : node.out) {
        if (!is_temp(v)) continue;
        if (free.empty()) {
          free.push_back(buffers_.size());
          buffers_.emplace_back();
        }
        const std::size_t b = free.back();
        free.pop_back();
        place[v] = b;
        buffers_[b].bytes = std::max(buffers_[b].bytes, bytes[v]);
      }
      for (uint32_t v : node.last_use) {
        if (auto it = place.find(v); it != place.end()) free.push_back(it->second);
      }
    }
    for (Buffer& b : buffers_) {
      if (b.bytes <= b.held && b.memory.data() != nullptr) continue;
      b.memory = HostArray<uint8_t>(b.bytes + 64);
      b.held = b.bytes;
    }
    for (const auto& [v, b] : place) views_[v].data = buffers_[b].memory.data();
  }

  void place_others(const std::vector<uint64_t>& bytes) {
    for (uint32_t v = 0; v < program_.values.size(); ++v) {
      const ProgramValue& value = program_.values[v];
      View& t = views_[v];
      if (value.root != v) {
        t.data = views_[value.root].data;  // roots come first
      } else if (value.kind == WEFT_CONST) {
        t.data = const_cast<uint8_t*>(value.constant.data());
      } else if (bound_[v].data != nullptr && value.alias_state == WEFT_NONE) {
        if (bytes[v] > bound_[v].bytes) fail(WEFT_OUT_OF_RANGE, "a value needs more bytes than its binding has");
        t.data = bound_[v].data;
      }
    }
  }

  Call make_call(const ProgramNode& node) {
    Call call;
    call.op = node.op;
    call.run = &node.kernel->run;
    call.attrs = &node.attrs;
    call.sizes = &sizes_;
    call.precision = program_.precision;
    call.variant = program_.variant;
    for (std::size_t i = 0; i < node.in.size(); ++i) {
      const uint32_t v = node.in[i];
      call.present.push_back(v != WEFT_NONE);
      call.in.push_back(v != WEFT_NONE ? views_[v] : View{});
      const uint32_t alias = v != WEFT_NONE ? program_.values[v].alias_state : WEFT_NONE;
      call.states.push_back(alias != WEFT_NONE ? &states_[alias] : nullptr);
      call.weights.push_back(nullptr);
    }
    for (uint32_t v : node.out) {
      const uint32_t alias = program_.values[v].alias_state;
      if (alias != WEFT_NONE) call.out_state = &states_[alias];
      call.out.push_back(views_[v]);
    }
    if (node.body) {
      Frame& frame = bodies_.at(&node);
      call.body = [this, &frame](const std::vector<View>& in, const std::vector<View>& out) {
        frame.run_body(in, out, sizes_);
      };
    }
    return call;
  }

  /// Fetches the weights of node n when it runs for the first time, so that they may arrive while the nodes before it
  /// run.
  void pull(std::size_t n) {
    if (n != pulled_) return;
    const ProgramNode& node = program_.nodes[n];
    Call& call = calls_[n];
    for (std::size_t i = 0; i < node.in.size(); ++i) {
      const uint32_t v = node.in[i];
      if (v == WEFT_NONE || program_.values[program_.values[v].root].kind != WEFT_PARAM) continue;
      const uint32_t index = program_.values[program_.values[v].root].index;
      const auto& stored = node.kernel->options.stored;
      const std::size_t each = node.kernel->options.joins ? (node.in.size() - 1) / node.out.size() : node.in.size();
      const auto input = static_cast<uint32_t>(i > each ? (i - 1) % each + 1 : i);  // of its node
      if (std::find(stored.begin(), stored.end(), input) != stored.end()) {
        call.weights[i] = &program_.store->stored(index);
      } else {
        call.in[i].data = const_cast<float*>(program_.store->values(index));
      }
    }
    ++pulled_;
  }

  const Program& program_;
  std::vector<Place> bound_;  // by value
  std::vector<Buffer> buffers_;
  std::map<const ProgramNode*, Frame> bodies_;

  bool prepared_ = false, moved_ = false;  // moved_: memory was bound elsewhere since the calls were prepared
  std::vector<int64_t> sizes_;
  std::vector<StateView> states_;
  std::vector<View> views_;  // by value
  std::vector<Call> calls_;  // by node
  std::size_t pulled_ = 0;   // how many nodes have their weights
};

}  // namespace weft::sdk
