// Causal convolutions, selective scans and their kin, which keep states for each sequence.
#include "plugins/backends/vulkan/kept.hpp"

namespace weft::vulkan {
namespace {

void causal_conv(Dispatch& d) {
  const int64_t C = d.in[1].dims[0], K = d.in[1].dims[1];
  const struct {
    Step step;
    State state;
    VkDeviceAddress y, x, weight, bias;
    uint32_t channels, taps;
  } push{step_of(d, 3, 1), state_of(d, 3), address(d.out[0]), address(d.in[0]), address(d.in[1]),
         d.has(2) ? address(d.in[2]) : 0, u32(C), u32(K)};
  d.each(Shader::kCausalConv, {d.has(2)}, push, static_cast<uint64_t>(d.in[0].size()));
}

void selective_scan(Dispatch& d) {
  const sdk::View &x = d.in[0], &a = d.in[2], &b = d.in[3];
  const int64_t H = x.dims[1], P = x.dims[2], G = b.dims[1], N = b.dims[2];
  const Step step = step_of(d, 6, 1);
  const struct {
    Step step;
    State state;
    VkDeviceAddress y, x, dt, a, b, c, d;
    uint32_t heads, channels, groups;
  } push{step, state_of(d, 6), address(d.out[0]), address(x), address(d.in[1]), address(a), address(b),
         address(d.in[4]), d.has(5) ? address(d.in[5]) : 0, u32(H), u32(P), u32(G)};
  d.each(Shader::kSelectiveScan, {u32(N), a.dims[1] > 1, d.has(5)}, push, uint64_t{step.sequences} * u32(H * P));
}

void weighted_mean(Dispatch& d) {
  const int64_t A = d.in[0].dims[1];
  const Step step = step_of(d, 4, 3);
  const State sum = state_of(d, 4), weight = state_of(d, 5);
  const struct {
    Step step;
    State top;
    VkDeviceAddress sum, weight, y, k, v, decay, first;
    uint32_t channels, sum_words, weight_words;
    float sum_fill, weight_fill;
  } push{step, state_of(d, 6), sum.at, weight.at, address(d.out[0]), address(d.in[0]), address(d.in[1]),
         address(d.in[2]), address(d.in[3]), u32(A), sum.block_words, weight.block_words, sum.fill, weight.fill};
  d.each(Shader::kWeightedMean, {}, push, uint64_t{step.sequences} * u32(A));
}

void gated_delta(Dispatch& d) {
  const sdk::View &k = d.in[1], &v = d.in[2];
  const int64_t G = k.dims[1], K = k.dims[2], H = v.dims[1], V = v.dims[2];
  const Step step = step_of(d, 5, 1);
  const struct {
    Step step;
    State state;
    VkDeviceAddress y, q, k, v, decay, beta;
    uint32_t heads, groups, columns;
  } push{step, state_of(d, 5), address(d.out[0]), address(d.in[0]), address(k), address(v), address(d.in[3]),
         address(d.in[4]), u32(H), u32(G), u32(V)};
  d.each(Shader::kGatedDelta, {u32(K)}, push, uint64_t{step.sequences} * u32(H * V));
}

}  // namespace

void add_ssm(sdk::Kernels& k) {
  add(k, "causal_conv", causal_conv), add(k, "selective_scan", selective_scan);
  add(k, "weighted_mean", weighted_mean), add(k, "gated_delta", gated_delta);
}

}  // namespace weft::vulkan
