#include <algorithm>

#include "plugins/backends/reference/kernels.hpp"

namespace weft::reference {
namespace {

int64_t row_elements(const View& v) { return v.dims[0] ? v.size() / v.dims[0] : 0; }

/// Row r of x, without its first axis.
View row(const View& x, int64_t r) {
  View v{x.dtype, {x.dims.begin() + 1, x.dims.end()}, nullptr};
  v.data = static_cast<uint8_t*>(x.data) + static_cast<uint64_t>(r * row_elements(x)) * element_bytes(x);
  return v;
}

/// For each sequence, in order: (carries, y[t]) = body(carries, xs[t], consts).
void scan(Call& c) {
  const auto carries = static_cast<std::size_t>(c.integer("n_carry", 0)), xs = static_cast<std::size_t>(c.integer("n_xs", 0)),
             consts = static_cast<std::size_t>(c.integer("n_const", 0));
  const bool reverse = c.integer("reverse", 0) != 0;
  const View &slot_in = c.in[carries], &slot_out = c.in[carries + 1], &start = c.in[carries + 2];
  const int64_t S = slot_in.dims[0], T = slot_out.dims[0];

  std::vector<std::vector<float>> now(carries), next(carries);
  std::vector<View> in, out;
  for (std::size_t i = 0; i < carries; ++i) {
    if (c.states[i] == nullptr) sdk::fail(WEFT_UNIMPLEMENTED, "scan: a carry that is no state");
    const View entry{WEFT_F32, {c.in[i].dims.begin() + 1, c.in[i].dims.end()}, nullptr};
    now[i].resize(static_cast<std::size_t>(entry.size()));
    next[i].resize(now[i].size());
    in.push_back(entry), out.push_back(entry);
  }
  in.resize(carries + xs);
  for (std::size_t i = 0; i < consts; ++i) in.push_back(c.in[carries + 3 + xs + i]);
  out.resize(c.out.size());

  for (int64_t s = 0; s < S; ++s) {
    const int64_t begin = start.i32()[s], end = start.i32()[s + 1], slot = slot_in.i32()[s];
    if (begin < 0 || end < begin || end > T) sdk::fail(WEFT_OUT_OF_RANGE, "scan: seq_start is not increasing");
    for (std::size_t i = 0; i < carries; ++i) {
      const sdk::StateView& state = *c.states[i];
      if (slot < -1 || slot >= state.slots) sdk::fail(WEFT_OUT_OF_RANGE, "scan: slot " + std::to_string(slot));
      if (slot == -1) std::fill(now[i].begin(), now[i].end(), state.fill);
      if (slot >= 0) state.read(slot, now[i].data());
    }
    for (int64_t n = 0; n < end - begin; ++n) {
      const int64_t t = reverse ? end - 1 - n : begin + n;
      for (std::size_t i = 0; i < carries; ++i) in[i].data = now[i].data(), out[i].data = next[i].data();
      for (std::size_t i = 0; i < xs; ++i) in[carries + i] = row(c.in[carries + 3 + i], t);
      for (std::size_t i = carries; i < out.size(); ++i) out[i] = row(c.out[i], t);
      c.body(in, out);
      now.swap(next);
      const int64_t keep = slot_out.i32()[t];
      for (std::size_t i = 0; i < carries && keep != -1; ++i) {
        if (keep < 0 || keep >= c.states[i]->slots) sdk::fail(WEFT_OUT_OF_RANGE, "scan: slot " + std::to_string(keep));
        c.states[i]->write(keep, now[i].data());
      }
    }
  }
}

}  // namespace

void add_scan(Interpreter& b) { b.kernel("scan", scan); }

}  // namespace weft::reference
