// Ops that move elements, and iota.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "plugins/backends/vulkan/ops.hpp"
#include "plugins/backends/vulkan/shapes.hpp"
#include "weft/sdk/half.hpp"

namespace weft::vulkan {
namespace {

/// As cast does it: truncated and saturated, NaN gives 0.
template <class T>
T to_integer(double v) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(v)) return 0;
  return static_cast<T>(std::clamp<double>(v, Limits::min(), Limits::max()));
}

/// v as an element of a dtype, in the low bits.
uint32_t bits_of(double v, uint32_t dtype) {
  const auto f = static_cast<float>(v);
  switch (dtype) {
    case WEFT_I32: return static_cast<uint32_t>(to_integer<int32_t>(v));
    case WEFT_U8: return to_integer<uint8_t>(v);
    case WEFT_F16: return std::bit_cast<uint16_t>(sdk::F16(f));
    case WEFT_BF16: return std::bit_cast<uint16_t>(sdk::Bf16(f));
    default: return std::bit_cast<uint32_t>(f);
  }
}

/// Copies elements of the walk over dims, from `from_begin` and to `to_begin` on.
void strided(Dispatch& d, const sdk::View& to, int64_t to_begin, const Dims& to_step, const sdk::View& from,
             int64_t from_begin, const Dims& from_step, const Dims& dims) {
  const Walk<2> walk(dims, {to_step, from_step});
  struct {
    VkDeviceAddress to, from;
    uint32_t n, rank, to_begin, from_begin, dims[8], to_step[8], from_step[8];
  } push{address(to), address(from), 1, walk.rank(), u32(to_begin), u32(from_begin), {}, {}, {}};
  int64_t n = 1;
  for (const int64_t dim : dims) n *= dim;
  push.n = u32(n);
  walk.write(push.dims, {push.to_step, push.from_step});
  d.each(Shader::kCopy, {bytes_of_element(to)}, push, push.n);
}

void reshape(Dispatch& d) {
  d.copy(address(d.out[0]), address(d.in[0]), d.out[0].size(), bytes_of_element(d.out[0]));
}

void transpose(Dispatch& d) {
  const Dims s = steps(d.in[0].dims), &dims = d.out[0].dims;
  Dims by_output;
  for (const int64_t axis : d.list("perm")) by_output.push_back(s[static_cast<std::size_t>(axis)]);
  strided(d, d.out[0], 0, steps(dims), d.in[0], 0, by_output, dims);
}

void broadcast(Dispatch& d) {
  const Dims& dims = d.out[0].dims;
  strided(d, d.out[0], 0, steps(dims), d.in[0], 0, broadcast_steps(d.in[0].dims), dims);
}

void slice(Dispatch& d) {
  const auto axis = static_cast<std::size_t>(d.integer("axis", 0));
  const int64_t start = d.integer("start", 0);
  const Dims &dims = d.out[0].dims, s = steps(d.in[0].dims);
  if (start + dims[axis] > d.in[0].dims[axis]) sdk::fail(WEFT_OUT_OF_RANGE, "slice past the end of its axis");
  strided(d, d.out[0], 0, steps(dims), d.in[0], start * s[axis], s, dims);
}

void concat(Dispatch& d) {
  const auto axis = static_cast<std::size_t>(d.integer("axis", 0));
  const Dims s = steps(d.out[0].dims);
  int64_t begin = 0;
  for (const sdk::View& x : d.in) {
    strided(d, d.out[0], begin, s, x, 0, steps(x.dims), x.dims);
    begin += x.dims[axis] * s[axis];
  }
}

/// A tensor of one element that the host makes.
sdk::View lent(Dispatch& d, double v, uint32_t dtype) {
  sdk::View one;
  one.dtype = dtype;
  if (d.work == nullptr) return one;
  const Work::Lent memory = d.work->lend(4);
  const uint32_t bits = bits_of(v, dtype);
  std::memcpy(memory.host, &bits, 4);
  one.data = pointer(memory.address);
  return one;
}

void pad(Dispatch& d) {
  const auto axis = static_cast<std::size_t>(d.integer("axis", 0));
  const sdk::View &x = d.in[0], &y = d.out[0];
  const Dims s = steps(y.dims);
  strided(d, y, 0, s, lent(d, d.number("value", 0), y.dtype), 0, Dims(y.rank(), 0), y.dims);
  strided(d, y, d.integer("before", 0) * s[axis], s, x, 0, steps(x.dims), x.dims);
}

/// Its values are made by the host, in f64, which devices need not have.
void iota(Dispatch& d) {
  const sdk::View& y = d.out[0];
  const auto axis = static_cast<std::size_t>(d.integer("axis", 0));
  const double start = d.number("start", 0), step = d.number("step", 1);
  const int64_t n = y.dims[axis];
  if (d.work == nullptr || n == 0) return;
  const Work::Lent lent = d.work->lend(static_cast<uint64_t>(n) * 4);
  for (int64_t i = 0; i < n; ++i) {
    const uint32_t bits = bits_of(start + step * static_cast<double>(i), y.dtype);
    std::memcpy(lent.host + 4 * i, &bits, 4);
  }
  sdk::View values;
  values.data = pointer(lent.address);
  Dims along(y.rank(), 0);
  along[axis] = 1;
  strided(d, y, 0, steps(y.dims), values, 0, along, y.dims);
}

}  // namespace

void Dispatch::copy(VkDeviceAddress to, VkDeviceAddress from, int64_t elements, uint32_t bytes) {
  const int64_t of_word = 4 / bytes;
  if (elements % of_word == 0) return copy_elements(to, 0, from, 0, elements / of_word, 4);
  copy_elements(to, 0, from, 0, elements, bytes);
}

void Dispatch::copy_elements(VkDeviceAddress to, int64_t to_begin, VkDeviceAddress from, int64_t from_begin,
                             int64_t elements, uint32_t bytes) {
  sdk::View a, b;
  a.dtype = bytes == 4 ? WEFT_F32 : bytes == 2 ? WEFT_F16 : WEFT_U8;
  a.data = pointer(to), b.data = pointer(from);
  strided(*this, a, to_begin, {1}, b, from_begin, {1}, {elements});
}

sdk::View stretched(Dispatch& d, const sdk::View& x, const Dims& dims) {
  if (x.dims == dims) return x;
  sdk::View y;
  y.dtype = x.dtype, y.dims = dims;
  y.data = pointer(d.scratch(static_cast<uint64_t>(y.size()) * bytes_of_element(y)));
  strided(d, y, 0, steps(dims), x, 0, broadcast_steps(x.dims), dims);
  return y;
}

void add_layout(sdk::Kernels& k) {
  add(k, "reshape", reshape), add(k, "transpose", transpose), add(k, "broadcast", broadcast);
  add(k, "slice", slice), add(k, "concat", concat), add(k, "pad", pad), add(k, "iota", iota);
}

}  // namespace weft::vulkan
