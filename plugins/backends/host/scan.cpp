#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/tensor.hpp"

namespace weft::host_ops {
namespace {

/// The rows of a tensor along its first axis.
struct Rows {
  explicit Rows(const View& x) : data(x.u8()), row{x.dtype, {x.dims.begin() + 1, x.dims.end()}, nullptr} {
    bytes = static_cast<std::size_t>(row.size()) * element_bytes(x);
  }
  void* at(int64_t r) const { return data + static_cast<std::size_t>(r) * bytes; }

  uint8_t* data;
  View row;  // the type of a row; it has no data
  std::size_t bytes;
};

/// For each token t of each sequence, in order: (carries, y[t]) = body(carries, xs[t], consts).
void scan(Call& c) {
  const auto carries = static_cast<std::size_t>(c.integer("n_carry", 0)),
             xs = static_cast<std::size_t>(c.integer("n_xs", 0)),
             consts = static_cast<std::size_t>(c.integer("n_const", 0));
  const bool reverse = c.integer("reverse", 0) != 0;
  const View &slot_in = c.in[carries], &slot_out = c.in[carries + 1], &start = c.in[carries + 2];
  const int64_t S = slot_in.dims[0], T = slot_out.dims[0];

  std::vector<std::vector<float>> now(carries), next(carries);
  std::vector<View> in, out;        // arguments and results of the body
  std::vector<Rows> reads, writes;  // the rows of each x and of each y
  for (std::size_t i = 0; i < carries; ++i) {
    if (c.states[i] == nullptr) sdk::fail(WEFT_UNIMPLEMENTED, "scan: a carry that is no state");
    const View entry = Rows(c.in[i]).row;
    now[i].resize(static_cast<std::size_t>(entry.size()));
    next[i].resize(now[i].size());
    in.push_back(entry), out.push_back(entry);
  }
  for (std::size_t i = 0; i < xs; ++i) in.push_back(reads.emplace_back(c.in[carries + 3 + i]).row);
  for (std::size_t i = 0; i < consts; ++i) in.push_back(c.in[carries + 3 + xs + i]);
  for (std::size_t i = carries; i < c.out.size(); ++i) out.push_back(writes.emplace_back(c.out[i]).row);

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
      for (std::size_t i = 0; i < xs; ++i) in[carries + i].data = reads[i].at(t);
      for (std::size_t i = 0; i < writes.size(); ++i) out[carries + i].data = writes[i].at(t);
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

}  // namespace weft::host_ops
