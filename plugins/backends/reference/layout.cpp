#include "plugins/backends/reference/kernels.hpp"

namespace weft::reference {
namespace {

/// Copies element `from(n)` of x to element n of y.
void copy_strided(const View& x, const View& y, const std::vector<int64_t>& stride, int64_t begin) {
  const std::size_t bytes = element_bytes(y);
  const auto* src = static_cast<const uint8_t*>(x.data);
  auto* dst = static_cast<uint8_t*>(y.data);
  for_each(y.dims, stride, [&](int64_t n, int64_t at) {
    std::memcpy(dst + static_cast<std::size_t>(n) * bytes, src + static_cast<std::size_t>(at + begin) * bytes, bytes);
  });
}

void reshape(Call& c) {
  copy_bytes(c.out[0].data, c.in[0].data, static_cast<std::size_t>(c.out[0].size()) * element_bytes(c.out[0]));
}

void transpose(Call& c) {
  const std::vector<int64_t> s = strides(c.in[0].dims);
  std::vector<int64_t> by_output;
  for (int64_t axis : c.list("perm")) by_output.push_back(s[static_cast<std::size_t>(axis)]);
  copy_strided(c.in[0], c.out[0], by_output, 0);
}

void broadcast(Call& c) {
  std::vector<int64_t> s = broadcast_strides(c.in[0].dims);
  copy_strided(c.in[0], c.out[0], s, 0);
}

void slice(Call& c) {
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0));
  const int64_t start = c.integer("start", 0);
  if (start + c.out[0].dims[axis] > c.in[0].dims[axis]) sdk::fail(WEFT_OUT_OF_RANGE, "slice past the end of its axis");
  const std::vector<int64_t> s = strides(c.in[0].dims);
  copy_strided(c.in[0], c.out[0], s, start * s[axis]);
}

void concat(Call& c) {
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0));
  const View& y = c.out[0];
  const std::size_t bytes = element_bytes(y);
  int64_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= y.dims[i];
  for (std::size_t i = axis + 1; i < y.rank(); ++i) inner *= y.dims[i];
  auto* dst = static_cast<uint8_t*>(y.data);
  for (int64_t o = 0; o < outer; ++o) {
    for (const View& x : c.in) {
      const std::size_t piece = static_cast<std::size_t>(x.dims[axis] * inner) * bytes;
      copy_bytes(dst, static_cast<const uint8_t*>(x.data) + static_cast<std::size_t>(o) * piece, piece);
      dst += piece;
    }
  }
}

void pad(Call& c) {
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0));
  const int64_t before = c.integer("before", 0);
  const View &x = c.in[0], &y = c.out[0];
  const double fill = c.number("value", 0);
  const std::vector<int64_t> s = strides(y.dims);
  for (int64_t i = 0, n = y.size(); i < n; ++i) {
    if (y.dtype == WEFT_F32) y.f32()[i] = static_cast<float>(fill);
    if (y.dtype == WEFT_I32) y.i32()[i] = to_integer<int32_t>(fill);
    if (y.dtype == WEFT_U8) y.u8()[i] = to_integer<uint8_t>(fill);
  }
  const std::size_t bytes = element_bytes(y);
  for_each(x.dims, s, [&](int64_t n, int64_t at) {
    std::memcpy(static_cast<uint8_t*>(y.data) + static_cast<std::size_t>(at + before * s[axis]) * bytes,
                static_cast<const uint8_t*>(x.data) + static_cast<std::size_t>(n) * bytes, bytes);
  });
}

void iota(Call& c) {
  const auto axis = static_cast<std::size_t>(c.integer("axis", 0));
  const double start = c.number("start", 0), step = c.number("step", 1);
  const View& y = c.out[0];
  std::vector<int64_t> along(y.rank(), 0);
  along[axis] = 1;
  for_each(y.dims, along, [&](int64_t n, int64_t i) {
    const double v = start + step * static_cast<double>(i);
    if (y.dtype == WEFT_F32) y.f32()[n] = static_cast<float>(v);
    if (y.dtype == WEFT_I32) y.i32()[n] = to_integer<int32_t>(v);
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

}  // namespace weft::reference
