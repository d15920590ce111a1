// Ops of whole rows: norms, softmax, reductions, top_k, rope.
#include "plugins/backends/vulkan/ops.hpp"

namespace weft::vulkan {
namespace {

enum Norm : uint32_t { kRms, kLayer, kSoftmax };  // the order of norm.comp

template <Norm kKind>
void norm(Dispatch& d) {
  const sdk::View& x = d.in[0];
  const int64_t width = x.dims.back();
  const bool weight = kKind != kSoftmax && d.has(1), bias = kKind == kLayer && d.has(2);
  const struct {
    VkDeviceAddress y, x, weight, bias;
    uint32_t rows, width;
    float eps;
  } push{address(d.out[0]), address(x), weight ? address(d.in[1]) : 0, bias ? address(d.in[2]) : 0,
         width > 0 ? u32(x.size() / width) : 0, u32(width), static_cast<float>(d.number("eps", 0))};
  d.run(Shader::kNorm, 64, {kKind, weight, bias}, push, push.rows);
}

void reduce(Dispatch& d) {
  const sdk::View& x = d.in[0];
  const auto axis = static_cast<std::size_t>(d.integer("axis", 0));
  int64_t inner = 1;
  for (std::size_t i = axis + 1; i < x.rank(); ++i) inner *= x.dims[i];
  const struct {
    VkDeviceAddress y, x;
    uint32_t results, n, inner;
  } push{address(d.out[0]), address(x), u32(d.out[0].size()), u32(x.dims[axis]), u32(inner)};
  d.each(Shader::kReduce, {u32(d.integer("kind", 0)), x.dtype == WEFT_I32}, push, push.results);
}

void cumsum(Dispatch& d) {
  const sdk::View& x = d.in[0];
  const auto axis = static_cast<std::size_t>(d.integer("axis", 0));
  int64_t inner = 1;
  for (std::size_t i = axis + 1; i < x.rank(); ++i) inner *= x.dims[i];
  const int64_t n = x.dims[axis];
  const struct {
    VkDeviceAddress y, x;
    uint32_t lines, n, inner;
  } push{address(d.out[0]), address(x), n > 0 ? u32(x.size() / n) : 0, u32(n), u32(inner)};
  d.each(Shader::kCumsum, {x.dtype == WEFT_I32, d.integer("exclusive", 0) != 0}, push, push.lines);
}

void top_k(Dispatch& d) {
  const sdk::View& x = d.in[0];
  const int64_t n = x.dims.back(), k = d.out[0].dims.back();
  if (k > n)
    sdk::fail(WEFT_OUT_OF_RANGE, "top_k: " + std::to_string(k) + " of a row of " + std::to_string(n) + " elements");
  const struct {
    VkDeviceAddress values, indices, x;
    uint32_t rows, n, k;
  } push{address(d.out[0]), address(d.out[1]), address(x), u32(x.size() / n), u32(n), u32(k)};
  d.run(Shader::kTopK, 256, {}, push, push.rows);
}

void rope(Dispatch& d) {
  const sdk::View& x = d.in[0];
  const struct {
    VkDeviceAddress y, x, cosines, sines;
    uint32_t n, heads, width, rotated;
  } push{address(d.out[0]), address(x), address(d.in[1]), address(d.in[2]), u32(x.size()), u32(x.dims[1]),
         u32(x.dims[2]), u32(d.in[1].dims[1] * 2)};
  d.each(Shader::kRope, {d.integer("interleaved", 0) != 0}, push, push.n);
}

}  // namespace

void add_rows(sdk::Kernels& k) {
  add(k, "rms_norm", norm<kRms>), add(k, "layer_norm", norm<kLayer>), add(k, "softmax", norm<kSoftmax>);
  add(k, "reduce", reduce), add(k, "cumsum", cumsum), add(k, "top_k", top_k), add(k, "rope", rope);
}

}  // namespace weft::vulkan
