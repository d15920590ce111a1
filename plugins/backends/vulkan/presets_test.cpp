#include "plugins/backends/vulkan/presets.hpp"

#include <gtest/gtest.h>

namespace weft::vulkan {
namespace {

/// Devices as they are: the least that Vulkan allows, small and large subgroups, and one in software.
std::vector<Limits> devices() {
  std::vector<Limits> all = {{128, 16384, 1, false}, {1024, 32768, 8, true}, {128, 16384, 4, true}};
  for (const uint32_t subgroup : {4u, 8u, 16u, 32u, 64u, 128u}) {
    for (const uint32_t invocations : {128u, 256u, 1024u}) {
      for (const uint32_t shared : {16384u, 32768u, 65536u}) all.push_back({invocations, shared, subgroup, false});
    }
  }
  return all;
}

TEST(VulkanPresets, Tiles_fit_each_device_and_cover_what_they_are_for) {
  for (const Limits& device : devices()) {
    for (const int64_t tokens : {1, 9, 16, 17, 31, 64, 65, 300, 4096}) {
      for (const int64_t outputs : {1, 31, 576, 49152}) {
        const Tile t = tile_for(device, tokens, outputs);
        EXPECT_LE(t.invocations(), device.invocations);
        EXPECT_LE(t.shared_bytes(), device.shared_bytes);
        EXPECT_EQ(t.tokens % t.own_tokens, 0u);
        EXPECT_EQ(t.outputs % t.own_outputs, 0u);
        EXPECT_EQ(32 % t.depth, 0u);
        EXPECT_EQ(t.depth % 8, 0u);
      }
    }
  }
}

TEST(VulkanPresets, Teams_fit_each_device_and_divide_their_work_group) {
  for (const Limits& device : devices()) {
    for (const int64_t tokens : {1, 2, 3, 8}) {
      for (const int64_t columns : {1, 32, 576, 4096, 65536}) {
        const Team t = team_for(device, tokens, columns);
        EXPECT_LE(t.invocations, device.invocations);
        EXPECT_EQ(t.invocations % t.lanes, 0u);
        EXPECT_EQ(t.lanes & (t.lanes - 1), 0u);
        const uint32_t sums = t.rows * power_from(tokens, 8);
        EXPECT_LE(t.invocations / t.lanes * sums * (t.lanes + 1) * 4, device.shared_bytes);
      }
    }
  }
}

TEST(VulkanPresets, Large_products_get_large_tiles) {
  const Limits card{1024, 49152, 32, false};
  EXPECT_EQ(tile_for(card, 512, 4096).tokens, 128u);
  EXPECT_EQ(tile_for(card, 20, 4096).tokens, 32u);
  EXPECT_EQ(tile_for({1024, 16384, 32, false}, 512, 4096).tokens, 64u);
}

TEST(VulkanPresets, Rows_of_attention_fit_their_shared_memory) {
  for (const int64_t width : {1, 2, 64, 80, 128, 256, 512}) {
    for (const int64_t group : {1, 3, 8, 71}) {
      for (const int64_t tokens : {1, 2, 3, 100}) {
        const Rows r = rows_for(tokens, group, width, width);
        EXPECT_GE(r.tokens, 1u);
        EXPECT_GE(r.heads, 1u);
        EXPECT_LE(r.tokens * r.heads * width, 2048);
        EXPECT_LE(r.tokens * r.heads, r.invocations);
        EXPECT_GE(2 * r.invocations, width);
        EXPECT_EQ(r.invocations % 32, 0u);
        EXPECT_LE(r.invocations, 256u);
      }
    }
  }
}

}  // namespace
}  // namespace weft::vulkan
