#include "plugins/backends/vulkan/hazards.hpp"

#include <gtest/gtest.h>

namespace weft::vulkan {
namespace {

TEST(VulkanHazards, Readers_of_one_tensor_need_not_wait_for_each_other) {
  Hazards h;
  h.add({{0, 64}}, {{64, 64}});
  EXPECT_FALSE(h.clash({{0, 64}}, {{128, 64}}));
}

TEST(VulkanHazards, What_was_written_is_waited_for_by_readers_and_writers) {
  Hazards h;
  h.add({}, {{64, 64}});
  EXPECT_TRUE(h.clash({{127, 1}}, {}));
  EXPECT_TRUE(h.clash({}, {{0, 65}}));
  EXPECT_FALSE(h.clash({{0, 64}, {128, 8}}, {{256, 8}}));
}

TEST(VulkanHazards, What_is_read_is_not_written_before) {
  Hazards h;
  h.add({{64, 64}}, {});
  EXPECT_TRUE(h.clash({}, {{100, 4}}));
  h.clear();
  EXPECT_FALSE(h.clash({}, {{100, 4}}));
}

TEST(VulkanHazards, Nothing_meets_nobody) {
  Hazards h;
  h.add({{64, 64}}, {{0, 0}});
  EXPECT_FALSE(h.clash({{0, 0}}, {{96, 0}}));
}

}  // namespace
}  // namespace weft::vulkan
