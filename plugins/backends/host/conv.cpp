#include "plugins/backends/host/ops.hpp"
#include "plugins/backends/host/tensor.hpp"

namespace weft::host_ops {
namespace {

// Values of x that are laid out at once; more make fewer and larger products, and take more memory.
constexpr int64_t kPatchValues = 1 << 20;

/// x [N,axes,C] by w [O,axes,C/groups], channels last: y[n,p,o] is the sum over kernel places k and
/// channels c of x[n, p*stride + k*dilation - before, c] * w[o,k,c]; what lies outside x counts as 0.
struct Conv {
  const Call& c;
  const View &x = c.in[0], &w = c.in[1], &y = c.out[0];
  std::size_t axes = x.rank() - 2;
  std::vector<int64_t> stride = list("stride", 1, axes), pad = list("pad", 0, 2 * axes),
                       dilation = list("dilation", 1, axes);
  int64_t groups = c.integer("groups", 1), C = x.last() / groups, O = y.last(), per_group = O / groups;
  std::vector<int64_t> xs = strides(x.dims);
  std::vector<int64_t> spots{y.dims.begin(), y.dims.end() - 1};  // [N, axes]
  std::vector<int64_t> places{w.dims.begin() + 1, w.dims.end() - 1};
  std::vector<int64_t> spot_stride = strides(spots), place_stride = strides(places);
  int64_t n_spots = O ? y.size() / O : 0, n_places = count(places);

  static int64_t count(const std::vector<int64_t>& dims) {
    int64_t n = 1;
    for (int64_t d : dims) n *= d;
    return n;
  }
  std::vector<int64_t> list(const char* key, int64_t fallback, std::size_t n) const {
    std::vector<int64_t> v = c.list(key);
    return v.empty() ? std::vector<int64_t>(n, fallback) : v;
  }

  /// The channels of x under a place of the kernel at a spot of y; null where they are outside x.
  const float* under(int64_t spot, int64_t place) const {
    int64_t at = spot / spot_stride[0] * xs[0];
    for (std::size_t i = 0; i < axes; ++i) {
      const int64_t p = spot / spot_stride[i + 1] % spots[i + 1], k = place / place_stride[i] % places[i];
      const int64_t position = p * stride[i] + k * dilation[i] - pad[2 * i];
      if (position < 0 || position >= x.dims[i + 1]) return nullptr;
      at += position * xs[i + 1];
    }
    return x.f32() + at;
  }

  /// Lays out the patches of x at spots [first, first + n) as rows [n, places, C], so that a group's outputs are the
  /// product of these and the group's rows of w.
  void lay_out(int64_t first, int64_t n, int64_t group, float* patches) const {
    c.parallel(n, grain(n_places * C), [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        for (int64_t place = 0; place < n_places; ++place) {
          float* to = patches + (s * n_places + place) * C;
          const float* in = under(first + s, place);
          in != nullptr ? std::copy_n(in + group * C, C, to) : std::fill_n(to, C, 0.0f);
        }
      }
    });
  }

  void by_products(Product product) const {
    const int64_t K = n_places * C, block = std::max<int64_t>(1, kPatchValues / std::max<int64_t>(1, K));
    std::vector<float> patches(static_cast<std::size_t>(std::min(block, n_spots) * K));
    std::vector<float> out(groups == 1 ? 0 : static_cast<std::size_t>(std::min(block, n_spots) * per_group));
    for (int64_t first = 0; first < n_spots; first += block) {
      const int64_t n = std::min(block, n_spots - first);
      float* to = y.f32() + first * O;
      for (int64_t g = 0; g < groups; ++g) {
        lay_out(first, n, g, patches.data());
        product(c, {patches.data(), w.f32() + g * per_group * K, groups == 1 ? to : out.data(), n, per_group, K});
        for (int64_t s = 0; s < n && groups > 1; ++s)
          std::copy_n(out.data() + s * per_group, per_group, to + s * O + g * per_group);
      }
    }
  }

  /// Each channel for itself, as in a depthwise convolution: C == 1, O == groups.
  void by_channels() const {
    std::vector<float> turned(static_cast<std::size_t>(n_places * O));  // the kernel as [places, O]
    for (int64_t o = 0; o < O; ++o) {
      for (int64_t place = 0; place < n_places; ++place)
        turned[static_cast<std::size_t>(place * O + o)] = w.f32()[o * n_places + place];
    }
    c.parallel(n_spots, grain(n_places * O), [&](int64_t begin, int64_t end) {
      for (int64_t spot = begin; spot < end; ++spot) {
        float* out = y.f32() + spot * O;
        std::fill_n(out, O, 0.0f);
        for (int64_t place = 0; place < n_places; ++place) {
          const float *in = under(spot, place), *weight = turned.data() + place * O;
          for (int64_t o = 0; o < O && in != nullptr; ++o) out[o] += in[o] * weight[o];
        }
      }
    });
  }
};

}  // namespace

void add_conv(Interpreter& b, Product product) {
  b.kernel("conv", [product](Call& c) {
    const Conv conv{c};
    conv.C == 1 && conv.per_group == 1 ? conv.by_channels() : conv.by_products(product);
  });
}

}  // namespace weft::host_ops
