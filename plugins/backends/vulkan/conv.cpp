// Convolutions over up to 3 axes.
#include "plugins/backends/vulkan/ops.hpp"

namespace weft::vulkan {
namespace {

constexpr std::size_t kAxes = 3;  // of conv.comp; those that are not there have size 1 and come first

/// An attribute's entries for each axis, `each` of which are for one, and of these the first.
void write(const Dispatch& d, std::string_view key, int64_t fallback, std::size_t axes, std::size_t each,
           int32_t (&to)[kAxes]) {
  constexpr int64_t kMost = int64_t{1} << 28;  // so that places are counted with 31 bits
  const std::vector<int64_t> given = d.list(key);
  for (std::size_t i = 0; i < kAxes; ++i) {
    const bool there = i + axes >= kAxes && !given.empty();
    const int64_t v = there ? given[(i + axes - kAxes) * each] : fallback;
    if (v > kMost) sdk::fail(WEFT_UNIMPLEMENTED, "conv: " + std::string(key) + " is " + std::to_string(v));
    to[i] = static_cast<int32_t>(v);
  }
}

void sizes(const sdk::View& v, int32_t (&to)[kAxes]) {
  const std::size_t axes = v.rank() - 2;
  for (std::size_t i = 0; i < kAxes; ++i)
    to[i] = i + axes >= kAxes ? static_cast<int32_t>(v.dims[i + axes - kAxes + 1]) : 1;
}

void conv(Dispatch& d) {
  const sdk::View &x = d.in[0], &w = d.in[1], &y = d.out[0];
  const std::size_t axes = x.rank() - 2;
  struct {
    VkDeviceAddress y, x, w;
    uint32_t n, channels, outputs, groups;
    int32_t x_dims[kAxes], y_dims[kAxes], w_dims[kAxes], stride[kAxes], dilation[kAxes], before[kAxes];
  } push{address(y), address(x), address(w), u32(y.size()), u32(x.dims.back()), u32(y.dims.back()),
         u32(d.integer("groups", 1)), {}, {}, {}, {}, {}, {}};
  sizes(x, push.x_dims), sizes(y, push.y_dims), sizes(w, push.w_dims);
  write(d, "stride", 1, axes, 1, push.stride), write(d, "dilation", 1, axes, 1, push.dilation);
  write(d, "pad", 0, axes, 2, push.before);
  d.each(Shader::kConv, {}, push, push.n);
}

}  // namespace

void add_conv(sdk::Kernels& k) { add(k, "conv", conv); }

}  // namespace weft::vulkan
