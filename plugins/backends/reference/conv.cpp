#include "plugins/backends/reference/kernels.hpp"

namespace weft::reference {
namespace {

/// x [N,axes,C] by w [O,axes,C/groups], channels last: y[n,p,o] is the sum over kernel places k and
/// channels c of x[n, p*stride + k*dilation - before, c] * w[o,k,c]; what lies outside x counts as 0.
void conv(Call& c) {
  const View &x = c.in[0], &w = c.in[1], &y = c.out[0];
  const std::size_t axes = x.rank() - 2;
  auto list = [&](const char* key, int64_t fallback, std::size_t n) {
    std::vector<int64_t> v = c.list(key);
    return v.empty() ? std::vector<int64_t>(n, fallback) : v;
  };
  const std::vector<int64_t> stride = list("stride", 1, axes), pad = list("pad", 0, 2 * axes), dilation = list("dilation", 1, axes);
  const int64_t groups = c.integer("groups", 1), C = x.last() / groups, O = y.last(), per_group = O / groups;
  const std::vector<int64_t> xs = strides(x.dims), ws = strides(w.dims);
  const std::vector<int64_t> places(w.dims.begin() + 1, w.dims.end() - 1);
  const std::vector<int64_t> spots(y.dims.begin(), y.dims.end() - 1);  // [N, axes]
  const int64_t n_spots = O ? y.size() / O : 0;
  const std::vector<int64_t> spot_stride = strides(spots), place_stride = strides(places);
  int64_t n_places = 1;
  for (int64_t p : places) n_places *= p;
  c.parallel(n_spots, 1, [&](int64_t begin, int64_t end) {
    for (int64_t spot = begin; spot < end; ++spot) {
      float* out = y.f32() + spot * O;
      std::fill(out, out + O, 0.0f);
      for (int64_t place = 0; place < n_places; ++place) {
        int64_t at = spot / spot_stride[0] * xs[0];
        bool inside = true;
        for (std::size_t i = 0; i < axes; ++i) {
          const int64_t p = spot / spot_stride[i + 1] % spots[i + 1], k = place / place_stride[i] % places[i];
          const int64_t position = p * stride[i] + k * dilation[i] - pad[2 * i];
          inside = inside && position >= 0 && position < x.dims[i + 1];
          at += position * xs[i + 1];
        }
        for (int64_t o = 0; o < O && inside; ++o) {
          const float *in = x.f32() + at + o / per_group * C, *weight = w.f32() + o * ws[0] + place * C;
          for (int64_t ch = 0; ch < C; ++ch) out[o] += in[ch] * weight[ch];
        }
      }
    }
  });
}

}  // namespace

void add_conv(Interpreter& b) { b.kernel("conv", conv); }

}  // namespace weft::reference
