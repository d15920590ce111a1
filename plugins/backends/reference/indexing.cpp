#include "plugins/backends/reference/kernels.hpp"

namespace weft::reference {
namespace {

[[noreturn]] void outside(const char* op, int64_t index, int64_t size) {
  sdk::fail(WEFT_OUT_OF_RANGE, std::string(op) + ": index " + std::to_string(index) + " of " + std::to_string(size));
}

/// Rows of a state, decoded. idx [..]: slots; -1 gives zeros.
void gather_state(Call& c, const sdk::StateView& state) {
  const View &idx = c.in[1], &y = c.out[0];
  for (int64_t i = 0, n = idx.size(); i < n; ++i) {
    const int64_t slot = idx.i32()[i];
    float* out = y.f32() + i * state.entry_elems;
    if (slot == -1) {
      std::fill(out, out + state.entry_elems, 0.0f);
    } else if (slot < 0 || slot >= state.slots) {
      outside("gather", slot, state.slots);
    } else {
      state.read(slot, out);
    }
  }
}

/// out = x.dims[:axis] + idx.dims[batch:] + x.dims[axis+1:]; the first `batch` axes go together.
void gather(Call& c) {
  if (c.states[0]) return gather_state(c, *c.states[0]);
  const View &x = c.in[0], &idx = c.in[1], &y = c.out[0];
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0)), batch = static_cast<std::size_t>(c.integer("batch", 0));
  int64_t batches = 1, outer = 1, inner = 1, per_batch = 1;
  for (std::size_t i = 0; i < batch; ++i) batches *= x.dims[i];
  for (std::size_t i = batch; i < axis; ++i) outer *= x.dims[i];
  for (std::size_t i = axis + 1; i < x.rank(); ++i) inner *= x.dims[i];
  for (std::size_t i = batch; i < idx.rank(); ++i) per_batch *= idx.dims[i];
  const int64_t size = x.dims[axis];
  const std::size_t bytes = static_cast<std::size_t>(inner) * element_bytes(x);
  auto* dst = static_cast<uint8_t*>(y.data);
  const auto* src = static_cast<const uint8_t*>(x.data);
  for (int64_t b = 0; b < batches; ++b) {
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < per_batch; ++i, dst += bytes) {
        const int64_t k = idx.i32()[b * per_batch + i];
        if (k == -1) {
          std::memset(dst, 0, bytes);
          continue;
        }
        if (k < 0 || k >= size) outside("gather", k, size);
        std::memcpy(dst, src + static_cast<std::size_t>((b * outer + o) * size + k) * bytes, bytes);
      }
    }
  }
}

/// x with rows idx set to, or added to, those of the update; -1 drops a row.
void scatter(Call& c) {
  const View &idx = c.in[1], &update = c.in[2];
  const bool add = c.integer("kind", 0) == 1;
  if (c.out_state) {
    const sdk::StateView& s = *c.out_state;
    std::vector<float> row(static_cast<std::size_t>(s.entry_elems));
    for (int64_t i = 0, n = idx.size(); i < n; ++i) {
      const int64_t slot = idx.i32()[i];
      if (slot == -1) continue;
      if (slot < 0 || slot >= s.slots) outside("scatter", slot, s.slots);
      const float* in = update.f32() + i * s.entry_elems;
      if (add) {
        s.read(slot, row.data());
        for (int64_t k = 0; k < s.entry_elems; ++k) row[static_cast<std::size_t>(k)] += in[k];
        in = row.data();
      }
      s.write(slot, in);
    }
    return;
  }
  const View &x = c.in[0], &y = c.out[0];
  const std::size_t bytes = element_bytes(x);
  copy_bytes(y.data, x.data, static_cast<std::size_t>(x.size()) * bytes);
  const int64_t rows = x.dims[0], inner = rows ? x.size() / rows : 0;
  for (int64_t i = 0, n = idx.size(); i < n; ++i) {
    const int64_t r = idx.i32()[i];
    if (r == -1) continue;
    if (r < 0 || r >= rows) outside("scatter", r, rows);
    if (!add) {
      copy_bytes(static_cast<uint8_t*>(y.data) + static_cast<std::size_t>(r * inner) * bytes,
                 static_cast<const uint8_t*>(update.data) + static_cast<std::size_t>(i * inner) * bytes, static_cast<std::size_t>(inner) * bytes);
      continue;
    }
    for (int64_t k = 0; k < inner; ++k) {
      if (y.dtype == WEFT_F32) y.f32()[r * inner + k] += update.f32()[i * inner + k];
      if (y.dtype == WEFT_I32) y.i32()[r * inner + k] = plus(y.i32()[r * inner + k], update.i32()[i * inner + k]);
    }
  }
}

}  // namespace

void add_indexing(Interpreter& b) {
  b.kernel("gather", gather);
  b.kernel("scatter", scatter);
}

}  // namespace weft::reference
