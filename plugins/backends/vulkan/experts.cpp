// matmul_id: rows that are sorted by their experts on the device.
#include <algorithm>

#include "plugins/backends/vulkan/ops.hpp"

namespace weft::vulkan {
namespace {

void matmul_id(Dispatch& d) {
  constexpr int64_t kTileRows = 8, kOutputs = 64;  // of matmul_id.comp
  const sdk::View &a = d.in[0], &w = d.in[1], &id = d.in[2];
  const int64_t rows = id.size(), E = w.dims[0], M = w.dims[1], K = w.dims[2];
  const int64_t tiles = std::min(rows, E + 1 + rows / kTileRows);
  const VkDeviceAddress lists = d.scratch(static_cast<uint64_t>(3 * tiles + rows) * 4),
                        begins = d.scratch(static_cast<uint64_t>(E + 2) * 4);
  if (rows == 0) return;
  const struct {
    VkDeviceAddress id, lists, begins, error;
    uint32_t rows, experts, tiles;
  } sort{address(id), lists, begins, d.error, u32(rows), u32(E), u32(tiles)};
  d.run(Shader::kExperts, 128, {}, sort, 1);
  const int64_t tiles_m = (M + kOutputs - 1) / kOutputs;
  const struct {
    VkDeviceAddress y, a;
    WeightPush w;
    VkDeviceAddress lists;
    uint32_t M, K, experts, tiles, tiles_m;
  } push{address(d.out[0]), address(a), d.weights[1], lists, u32(M), u32(K), u32(E), u32(tiles), u32(tiles_m)};
  const int64_t shared = a.dims[1] == 1 ? id.dims[1] : 1;
  d.run(Shader::kMatmulId, kOutputs, {packed(*d.weights[1].format), u32(shared), K % 32 == 0}, push,
        static_cast<uint64_t>(tiles * tiles_m));
}

}  // namespace

void add_experts(sdk::Kernels& k) { add(k, "matmul_id", matmul_id); }

}  // namespace weft::vulkan
