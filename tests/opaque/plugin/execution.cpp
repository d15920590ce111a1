// Runs: the host's inputs are read at once, everything else happens on the worker.
#include <algorithm>

#include "tests/opaque/plugin/blocks.hpp"
#include "tests/opaque/plugin/objects.hpp"
#include "weft/sdk/strided.hpp"
#include "weft/sdk/value_dtype.hpp"

namespace opaque {

using weft::sdk::check, weft::sdk::fail, weft::sdk::strided;

Exec::Exec(Store& s, const weft_graph& graph, const weft_options* options)
    : store(s), n_symbols(graph.n_symbols) {
  for (uint32_t v = 0; v < graph.n_values; ++v) {
    const weft_value& value = strided(graph.values, graph.value_stride, v);
    values.push_back({value.kind, value.dtype, {value.dims, value.dims + value.rank}, false, 0});
  }
  for (uint32_t o = 0; o < graph.n_outputs; ++o) values.at(graph.outputs[o]).output = true;
  for (uint32_t i = 0; i < graph.n_states; ++i) {
    const weft_state& state = strided(graph.states, graph.state_stride, i);
    const uint32_t tokens = strided(graph.groups, graph.group_stride, state.group).block_tokens;
    values.at(state.value).content = content_of(store.device, state, tokens).block_bytes;
  }
  store.weights.load(graph);
  check(store.device.backend.inner.compile(store.inner, &graph, options, &inner));
}

weft_state_layout content_of(Device& device, const weft_state& state, uint32_t block_tokens) {
  weft_state_layout layout{};
  layout.hdr = WEFT_HDR(weft_state_layout, align);
  check(device.backend.inner.state_layout(device.inner, &state, block_tokens, &layout));
  return layout;
}

/// What one run needs, also when the instance is bound to something else before it begins.
struct Instance::Run {
  std::vector<int64_t> sizes;
  Bindings bound;
  std::vector<std::vector<uint8_t>> inputs;
  std::vector<weft_binding> inner;  // as the kernels see them
};

Instance::Instance(Exec& e, Timeline* t, const weft_binding* bindings, uint32_t n, uint32_t stride,
                   const weft_options* options)
    : exec(e), timeline(t) {
  bind(bound_, bindings, n, stride);
  check(device().backend.inner.instance_new(exec.inner, nullptr, nullptr, 0, stride, options, &inner));
}

void Instance::bind(Bindings& all, const weft_binding* bindings, uint32_t n, uint32_t stride) const {
  Watch& watch = device().backend.watch;
  for (uint32_t i = 0; i < n; ++i) {
    const weft_binding& b = strided(bindings, stride, i);
    must(watch, b.value < exec.values.size(), "a binding names a value that the graph lacks");
    const Exec::Value& value = exec.values[b.value];
    must(watch, value.kind == WEFT_INPUT || value.kind == WEFT_STATE || value.output, "a binding is of no place");
    if (value.kind == WEFT_INPUT && weft::sdk::is_integer(value.dtype)) {
      must(watch, b.buffer == nullptr && b.host != nullptr, "an input of i32 or u8 is not the host's");
      all[b.value] = {b, nullptr};
      continue;
    }
    must(watch, b.buffer != nullptr && b.host == nullptr, "a binding is not in a buffer");
    auto bytes = device().buffers.find(b.buffer);
    must(watch, b.offset <= bytes->size() && b.bytes <= bytes->size() - b.offset, "a binding exceeds its buffer");
    if (value.kind == WEFT_STATE) {
      const uint64_t align = device().backend.settings.align;
      must(watch, b.offset % align == 0 && b.block_stride % align == 0, "a state's blocks are not aligned");
      must(watch, b.block_stride >= value.content + kHead, "a state's blocks overlap");
    }
    all[b.value] = {b, std::move(bytes)};
  }
}

void Instance::execute(const weft_submit& submit) {
  Watch& watch = device().backend.watch;
  must(watch, reinterpret_cast<Timeline*>(submit.when.timeline) == timeline, "a run signals another timeline");
  must(watch, submit.n_sizes == exec.n_symbols, "a run has not a size for each symbol");
  auto run = std::make_shared<Run>();
  run->sizes.assign(submit.sizes, submit.sizes + submit.n_sizes);
  run->bound = bound_;
  bind(run->bound, submit.bindings, submit.n_bindings, submit.binding_stride);
  for (const auto& [v, bound] : run->bound) {
    weft_binding b = bound.binding;
    const Exec::Value& value = exec.values[v];
    if (bound.bytes != nullptr) {
      b.host = bound.bytes->data() + b.offset + (value.kind == WEFT_STATE ? kHead : 0);
    } else {
      uint64_t bytes = weft::sdk::element_bytes(value.dtype);
      for (const int64_t d : value.dims)
        bytes *= static_cast<uint64_t>(d >= 0 ? d : run->sizes.at(static_cast<std::size_t>(~d)));
      must(watch, bytes <= b.bytes, "an input has less memory than its sizes ask for");
      const auto* from = static_cast<const uint8_t*>(b.host) + b.offset;
      run->inputs.emplace_back(from, from + bytes);
      run->inputs.back().reserve(1);  // so that it has an address
      b.host = run->inputs.back().data(), b.bytes = bytes;
    }
    b.buffer = nullptr, b.offset = 0;
    run->inner.push_back(b);
  }
  // The worker gives the run back before its end is known, so that nothing is held that the host may free.
  Bindings after = run->bound;
  device().worker.give("execute", submit.when, [this, run = std::move(run)](bool) { this->run(*run); });
  bound_ = std::move(after);
}

void Instance::run(Run& run) const {
  const auto each_block = [&](auto f) {
    for (const auto& [v, bound] : run.bound) {
      const Exec::Value& value = exec.values[v];
      if (value.kind != WEFT_STATE) continue;
      const weft_binding& b = bound.binding;
      for (uint64_t at = 0; at + b.block_stride <= b.bytes; at += b.block_stride)
        f(bound.bytes->data() + b.offset + at, value.content);
    }
  };
  each_block([](const uint8_t* block, uint64_t content) {
    if (!intact(block, content)) fail(WEFT_DATA_LOSS, "a block of a state was not moved whole");
  });
  weft_submit submit{};
  submit.hdr = WEFT_HDR(weft_submit, when);
  submit.sizes = run.sizes.data(), submit.n_sizes = static_cast<uint32_t>(run.sizes.size());
  submit.bindings = run.inner.data(), submit.n_bindings = static_cast<uint32_t>(run.inner.size());
  submit.binding_stride = sizeof(weft_binding);
  weft_status* failed = device().backend.inner.execute(inner, &submit);
  each_block(seal);
  check(failed);
}

void transfer(Device& device, const weft_transfer& t) {
  Watch& watch = device.backend.watch;
  struct Copy {
    std::shared_ptr<Bytes> from_bytes, to_bytes;
    const uint8_t* from;  // null: zeros
    uint8_t* to;
    uint64_t bytes;
  };
  std::vector<Copy> copies;
  for (uint32_t i = 0; i < t.n_regions; ++i) {
    const weft_region& r = t.regions[i];
    must(watch, r.bytes % 4 == 0, "a region has no multiple of 4 bytes");
    must(watch, r.from != nullptr || r.to != nullptr, "a region has no end on the device");
    must(watch, r.to != nullptr || r.to_host != nullptr, "a region goes nowhere");
    Copy c{nullptr, nullptr, static_cast<const uint8_t*>(r.from_host), static_cast<uint8_t*>(r.to_host), r.bytes};
    const auto inside = [&](weft_buffer* buffer, uint64_t offset) {
      auto bytes = device.buffers.find(buffer);
      must(watch, offset <= bytes->size() && r.bytes <= bytes->size() - offset, "a region exceeds its buffer");
      return bytes;
    };
    if (r.from != nullptr) c.from_bytes = inside(r.from, r.from_offset), c.from = c.from_bytes->data() + r.from_offset;
    if (r.to != nullptr) c.to_bytes = inside(r.to, r.to_offset), c.to = c.to_bytes->data() + r.to_offset;
    copies.push_back(std::move(c));
  }
  for (const Copy& a : copies) {
    for (const Copy& b : copies) {
      const bool written = &a != &b && a.to < b.to + b.bytes && b.to < a.to + a.bytes;
      const bool read = b.from != nullptr && a.to < b.from + b.bytes && b.from < a.to + a.bytes;
      must(watch, !written && !read, "a region overlaps one that is written");
    }
  }
  device.worker.give("transfer", t.when, [copies = std::move(copies)](bool fails) {
    for (std::size_t i = copies.size(); i-- > (fails ? copies.size() / 2 : 0);) {
      const Copy& c = copies[i];
      if (c.from != nullptr) {
        std::memcpy(c.to, c.from, c.bytes);
      } else {
        std::memset(c.to, 0, c.bytes);
      }
    }
  });
}

}  // namespace opaque
