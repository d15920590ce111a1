// Rows by index: gather and scatter, of tensors and of states.
#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/tensor.hpp"

namespace weft::host_ops {
namespace {

/// Calls row(i, index) for each index of `idx`; a row has `width` elements.
template <class Row>
void each_index(const Call& c, const View& idx, int64_t width, const Row& row) {
  c.parallel(idx.size(), grain(width), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) row(i, idx.i32()[i]);
  });
}

/// Gathers entries of a state, decoded. idx [..] holds slots; -1 gives zeros.
void gather_state(const Call& c, const sdk::StateView& state) {
  each_index(c, c.in[1], state.entry_elems, [&](int64_t i, int64_t slot) {
    float* out = c.out[0].f32() + i * state.entry_elems;
    names_row("gather", slot, state.slots) ? state.read(slot, out) : std::fill(out, out + state.entry_elems, 0.0f);
  });
}

/// Sets entries of a state to those of the update, or adds these to them; -1 drops one.
void scatter_state(const Call& c, const sdk::StateView& state, bool add) {
  const View &idx = c.in[1], &update = c.in[2];
  if (!add) {
    return each_index(c, idx, state.entry_elems, [&](int64_t i, int64_t slot) {
      if (names_row("scatter", slot, state.slots)) state.write(slot, update.f32() + i * state.entry_elems);
    });
  }
  std::vector<float> sum(static_cast<std::size_t>(state.entry_elems));
  for (int64_t i = 0, n = idx.size(); i < n; ++i) {  // in order, since a slot may come more than once
    const int64_t slot = idx.i32()[i];
    if (!names_row("scatter", slot, state.slots)) continue;
    state.read(slot, sum.data());
    const float* in = update.f32() + i * state.entry_elems;
    for (int64_t k = 0; k < state.entry_elems; ++k) sum[static_cast<std::size_t>(k)] += in[k];
    state.write(slot, sum.data());
  }
}

template <class T>
void add_rows(const View& idx, const View& update, const View& y, int64_t rows, int64_t width) {
  for (int64_t i = 0, n = idx.size(); i < n; ++i) {
    const int64_t r = idx.i32()[i];
    if (!names_row("scatter", r, rows)) continue;
    T* to = static_cast<T*>(y.data) + r * width;
    const T* from = static_cast<const T*>(update.data) + i * width;
    for (int64_t k = 0; k < width; ++k) to[k] = plus(to[k], from[k]);
  }
}

}  // namespace

/// The result has dims x.dims[:axis] + idx.dims[batch:] + x.dims[axis+1:]; x and idx share the first `batch` axes.
void gather(Call& c) {
  if (c.states[0] != nullptr) return gather_state(c, *c.states[0]);
  const View &x = c.in[0], &idx = c.in[1], &y = c.out[0];
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0)),
             batch = static_cast<std::size_t>(c.integer("batch", 0));
  int64_t outer = 1, inner = 1, per_batch = 1;
  for (std::size_t i = batch; i < axis; ++i) outer *= x.dims[i];
  for (std::size_t i = axis + 1; i < x.rank(); ++i) inner *= x.dims[i];
  for (std::size_t i = batch; i < idx.rank(); ++i) per_batch *= idx.dims[i];
  int64_t batches = 1;
  for (std::size_t i = 0; i < batch; ++i) batches *= x.dims[i];
  const int64_t size = x.dims[axis];
  const std::size_t bytes = static_cast<std::size_t>(inner) * element_bytes(x);
  // y: [batches, outer, per_batch, inner]
  c.parallel(batches * outer * per_batch, grain(inner), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t line = i / per_batch, k = idx.i32()[line / outer * per_batch + i % per_batch];
      uint8_t* to = y.u8() + static_cast<std::size_t>(i) * bytes;
      if (names_row("gather", k, size)) {
        copy_bytes(to, x.u8() + static_cast<std::size_t>(line * size + k) * bytes, bytes);
      } else if (bytes > 0) {
        std::memset(to, 0, bytes);
      }
    }
  });
}

/// The result is x with rows idx set to those of the update, or with these added; -1 drops a row.
void scatter(Call& c) {
  const bool add = c.integer("kind", 0) == 1;
  if (c.out_state != nullptr) return scatter_state(c, *c.out_state, add);
  const View &x = c.in[0], &idx = c.in[1], &update = c.in[2], &y = c.out[0];
  const int64_t rows = x.dims[0], width = rows ? x.size() / rows : 0;
  copy_bytes(y.data, x.data, static_cast<std::size_t>(x.size()) * element_bytes(x));
  if (add)
    return y.dtype == WEFT_F32 ? add_rows<float>(idx, update, y, rows, width)
                               : add_rows<int32_t>(idx, update, y, rows, width);
  const std::size_t bytes = static_cast<std::size_t>(width) * element_bytes(x);
  each_index(c, idx, width, [&](int64_t i, int64_t r) {
    if (!names_row("scatter", r, rows)) return;
    copy_bytes(y.u8() + static_cast<std::size_t>(r) * bytes, update.u8() + static_cast<std::size_t>(i) * bytes, bytes);
  });
}

void add_indexing(Interpreter& b) {
  b.kernel("gather", gather);
  b.kernel("scatter", scatter);
}

}  // namespace weft::host_ops
