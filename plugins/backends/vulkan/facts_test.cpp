// What devices say of themselves, and how options change that.
#include <gmock/gmock.h>

#include "plugins/backends/vulkan/on_device.hpp"
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

using testing::HasSubstr, testing::Not;

DeviceInfo first_device(Engine& engine) {
  return device_info(engine.open_devices("vulkan").value()[0]->table(), 0).value();
}

TEST_F(OnVulkan, A_device_says_which_features_it_has_and_those_that_an_option_takes_away_it_has_not) {
  const std::string all = first_device(engine()).description;
  EXPECT_THAT(all, HasSubstr("subgroups of "));
  EXPECT_THAT(all, HasSubstr(" KiB shared by a work group"));
  const auto engine = vulkan_engine(
      R"("without": ["fp16", "int8", "int16", "int64", "storage8", "storage16", "dot", "subgroups",
                     "subgroup_control", "coopmat"])");
  const std::string none = first_device(*engine).description;
  EXPECT_THAT(none, HasSubstr("; without fp16, int8, int16, int64, storage8, storage16, dot, subgroups, "
                              "subgroup_control, coopmat"));
  EXPECT_THAT(none, Not(HasSubstr("; has ")));
}

TEST_F(OnVulkan, Without_any_feature_that_is_not_needed_a_model_gives_what_the_reference_gives) {
  const std::string llama = WEFT_SOURCE_DIR "/tests/golden/llama/llama1";
  const auto bare = vulkan_engine(
      R"("without": ["fp16", "int8", "int16", "int64", "storage8", "storage16", "dot", "subgroups",
                     "subgroup_control", "coopmat"])");
  const auto model = load_on(*bare, llama), plain = load_on(engine(), llama, "reference");
  ASSERT_TRUE(model.ok() && plain.ok()) << model.status().message() << plain.status().message();
  const std::vector<float> expected = played(**plain);
  EXPECT_LE(max_difference(played(**model), expected), 1e-3 * deviation(expected));
}

TEST_F(OnVulkan, A_device_that_is_shown_as_several_has_a_name_a_uuid_and_an_equal_part_of_the_memory_for_each) {
  const auto three = vulkan_engine(R"("devices": 3)");
  const auto devices = three->open_devices("vulkan:#1,vulkan:#2,vulkan:#3");
  ASSERT_TRUE(devices.ok()) << devices.status().message();
  const DeviceInfo whole = first_device(engine());
  std::set<std::array<uint8_t, 16>> uuids;
  for (uint32_t i = 0; i < 3; ++i) {
    const DeviceInfo part = device_info((*devices)[i]->table(), i).value();
    EXPECT_EQ(part.name, whole.name + " #" + std::to_string(i + 1));
    EXPECT_EQ(part.mem_total, whole.mem_total / 3);
    uuids.insert(part.uuid);
  }
  EXPECT_EQ(uuids.size(), 3u);
}

}  // namespace
}  // namespace weft::test
