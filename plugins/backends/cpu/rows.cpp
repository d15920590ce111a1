// Norms of rows, rows of parameters as they are stored, and rows written to states: cases that the shared ops of
// plugins/backends/host do without the kernels of an Isa.
#include <algorithm>

#include "plugins/backends/cpu/kernels.hpp"
#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/tensor.hpp"

namespace weft::cpu {
namespace {

/// Calls row(in, out, n, eps) for each row.
template <class Row>
void norm(const Call& c, const Row& row) {
  const View &x = c.in[0], &y = c.out[0];
  const int64_t n = x.last(), rows = n ? x.size() / n : 0;
  const float eps = static_cast<float>(c.number("eps", 0));
  c.parallel(rows, std::max<int64_t>(1, 8192 / std::max<int64_t>(n, 1)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) row(x.f32() + r * n, y.f32() + r * n, n, eps);
  });
}

void rms_norm(const Call& c, const Isa& isa) {
  norm(c, [&](const float* in, float* out, int64_t n, float eps) { isa.rms_norm(in, c.in[1].f32(), n, eps, out); });
}
void layer_norm(const Call& c, const Isa& isa) {
  const float *w = c.has(1) ? c.in[1].f32() : nullptr, *b = c.has(2) ? c.in[2].f32() : nullptr;
  norm(c, [&](const float* in, float* out, int64_t n, float eps) { isa.layer_norm(in, w, b, n, eps, out); });
}

/// Gathers rows along axis 0 of a parameter as it is stored; index -1 gives zeros.
void gather_stored(Call& c, const Isa& isa, const sdk::Weight& w) {
  const View &idx = c.in[1], &y = c.out[0];
  const auto cols = static_cast<int64_t>(w.cols);
  const int64_t rows = c.in[0].dims[0], width = idx.size() ? y.size() / idx.size() : 0;
  const int64_t per = width > 0 ? width / cols : 0;  // rows of the stored matrix for an index of axis 0
  c.parallel(idx.size(), std::max<int64_t>(1, 16384 / std::max<int64_t>(width, 1)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t k = idx.i32()[i];
      float* out = y.f32() + i * width;
      if (!host_ops::names_row("gather", k, rows)) {
        std::fill(out, out + width, 0.0f);
        continue;
      }
      for (int64_t r = 0; r < per; ++r) decode_row(isa, w, k * per + r, out + r * cols);
    }
  });
}

void gather(Call& c, const Isa& isa) {
  if (c.weights[0] == nullptr) return host_ops::gather(c);
  const sdk::Weight& w = *c.weights[0];
  if (c.integer("axis", 0) == 0 && c.integer("batch", 0) == 0) return gather_stored(c, isa, w);
  sdk::HostArray<float> values(w.rows * w.cols);  // rare: the whole parameter is decoded
  for (uint64_t r = 0; r < w.rows; ++r) decode_row(isa, w, static_cast<int64_t>(r), values.data() + r * w.cols);
  c.in[0].data = values.data();
  host_ops::gather(c);
}

/// Writes new entries of a state of floats directly; other states take a call of their dtype for each entry.
void scatter(Call& c, const Isa& isa) {
  const sdk::StateView* state = c.out_state;
  const uint32_t dtype = state != nullptr ? state->dtype->id : uint32_t{WEFT_NONE};
  const bool direct = (dtype == WEFT_F32 || dtype == WEFT_F16 || dtype == WEFT_BF16) && c.integer("kind", 0) == 0;
  if (!direct) return host_ops::scatter(c);
  const View &idx = c.in[1], &update = c.in[2];
  for (int64_t i = 0; i < idx.size(); ++i) {
    const int64_t slot = idx.i32()[i];
    if (host_ops::names_row("scatter", slot, state->slots))
      isa.narrow(dtype, update.f32() + i * state->entry_elems, state->entry_elems, state->entry(slot));
  }
}

}  // namespace

void add_rows(Interpreter& b) {
  b.kernel("rms_norm", [](Call& c) { rms_norm(c, isa_of(c)); });
  b.kernel("layer_norm", [](Call& c) { layer_norm(c, isa_of(c)); });
  b.kernel("gather", [](Call& c) { gather(c, isa_of(c)); }, {.stored = {0}});
  b.kernel("scatter", [](Call& c) { scatter(c, isa_of(c)); });
}

}  // namespace weft::cpu
