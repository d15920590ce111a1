// Ops that move elements, and iota.
#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/walk.hpp"

namespace weft::host_ops {
namespace {

/// Fills y from x: y starts with element `begin` of x, and a step along an axis of y is one of `stride` elements in x.
void read_strided(const Call& c, int64_t begin, const std::vector<int64_t>& stride) {
  const View &x = c.in[0], &y = c.out[0];
  const Walk<1> walk(y.dims, {stride});
  const int64_t step = walk.step()[0];
  by_size(y, [&]<class T>(T) {
    walk.parallel(c, [&](int64_t at, const auto& from, int64_t n) {
      const T* in = static_cast<const T*>(x.data) + begin + from[0];
      T* out = static_cast<T*>(y.data) + at;
      if (step == 1) return copy_bytes(out, in, static_cast<std::size_t>(n) * sizeof(T));
      for (int64_t i = 0; i < n; ++i) out[i] = in[i * step];
    });
  });
}

/// Copies all of x into y, beginning at element `begin` of y; x is no longer than y on any axis.
void write_strided(const Call& c, const View& x, const View& y, int64_t begin) {
  const Walk<1> walk(x.dims, {strides(y.dims)});
  const int64_t step = walk.step()[0];
  by_size(y, [&]<class T>(T) {
    walk.parallel(c, [&](int64_t at, const auto& to, int64_t n) {
      const T* in = static_cast<const T*>(x.data) + at;
      T* out = static_cast<T*>(y.data) + begin + to[0];
      if (step == 1) return copy_bytes(out, in, static_cast<std::size_t>(n) * sizeof(T));
      for (int64_t i = 0; i < n; ++i) out[i * step] = in[i];
    });
  });
}

void reshape(Call& c) {
  copy_bytes(c.out[0].data, c.in[0].data, static_cast<std::size_t>(c.out[0].size()) * element_bytes(c.out[0]));
}

void transpose(Call& c) {
  const std::vector<int64_t> s = strides(c.in[0].dims);
  std::vector<int64_t> by_output;
  for (int64_t axis : c.list("perm")) by_output.push_back(s[static_cast<std::size_t>(axis)]);
  read_strided(c, 0, by_output);
}

void broadcast(Call& c) { read_strided(c, 0, broadcast_strides(c.in[0].dims)); }

void slice(Call& c) {
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0));
  const int64_t start = c.integer("start", 0);
  if (start + c.out[0].dims[axis] > c.in[0].dims[axis]) sdk::fail(WEFT_OUT_OF_RANGE, "slice past the end of its axis");
  const std::vector<int64_t> s = strides(c.in[0].dims);
  read_strided(c, start * s[axis], s);
}

void concat(Call& c) {
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0));
  const View& y = c.out[0];
  const int64_t stride = strides(y.dims)[axis];
  int64_t begin = 0;
  for (const View& x : c.in) {
    write_strided(c, x, y, begin);
    begin += x.dims[axis] * stride;
  }
}

void pad(Call& c) {
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0));
  const View& y = c.out[0];
  const double fill = c.number("value", 0);
  by_dtype(y, [&]<class T>(T) {
    auto* const out = static_cast<T*>(y.data);
    std::fill(out, out + y.size(), cast_to<T>(fill));
  });
  write_strided(c, c.in[0], y, c.integer("before", 0) * strides(y.dims)[axis]);
}

void iota(Call& c) {
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0));
  const double start = c.number("start", 0), step = c.number("step", 1);
  const View& y = c.out[0];
  std::vector<int64_t> along(y.rank(), 0);
  along[axis] = 1;
  const Walk<1> walk(y.dims, {along});
  const int64_t next = walk.step()[0];
  walk.parallel(c, [&](int64_t at, const auto& index, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      const double v = start + step * static_cast<double>(index[0] + i * next);
      if (y.dtype == WEFT_F32) y.f32()[at + i] = static_cast<float>(v);
      if (y.dtype == WEFT_I32) y.i32()[at + i] = to_integer<int32_t>(v);
    }
  });
}

}  // namespace

void add_layout(Interpreter& b) {
  b.kernel("reshape", reshape);
  b.kernel("transpose", transpose);
  b.kernel("broadcast", broadcast);
  b.kernel("slice", slice);
  b.kernel("concat", concat);
  b.kernel("pad", pad);
  b.kernel("iota", iota);
}

}  // namespace weft::host_ops
