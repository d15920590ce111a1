#include "core/model/layer_split.hpp"

#include <gtest/gtest.h>

#include "core/model/devices.hpp"

namespace weft {
namespace {

std::string refusal(const std::string& text, int64_t layers) {
  const auto ranges = parse_layers(text);
  if (!ranges.ok()) return std::string(ranges.status().message());
  return std::string(spread(*ranges, layers).status().message());
}

TEST(LayerSplit, Gives_each_layer_to_the_range_that_has_it) {
  const auto ranges = parse_layers("cpu:0-1,acme:1:2,\"A, B\":3-4");
  ASSERT_TRUE(ranges.ok()) << ranges.status().message();
  EXPECT_EQ((*ranges)[1].device, "acme:1");
  EXPECT_EQ((*ranges)[2].device, "\"A, B\"");
  EXPECT_EQ(*spread(*ranges, 5), (std::vector<uint32_t>{0, 0, 1, 2, 2}));
}

TEST(LayerSplit, Refuses_what_overlaps_misses_or_exceeds) {
  EXPECT_EQ(refusal("a:0-2,b:2-3", 4), "layer 2 is given to a and to b");
  EXPECT_EQ(refusal("a:0-1,b:3", 4), "layer 2 of 4 is given to no device");
  EXPECT_EQ(refusal("a:0-4", 4), "layers 0-4 are given to a, the model has layers 0-3");
  EXPECT_EQ(refusal("a:0", 0), "the model has no numbered layers to be spread over devices");
}

TEST(LayerSplit, Refuses_what_is_no_range) {
  for (const char* text : {"", "a", "a:", ":0-1", "a:1-0", "a:-1", "a:0-", "a:0-x", "a:0-1,", "a:99999999999999999999"})
    EXPECT_NE(refusal(text, 4).find("are not DEVICE:FIRST-LAST"), std::string::npos) << text;
  EXPECT_NE(refusal("\"a:0-1", 4).find("quote"), std::string::npos);
}

TEST(WantedDevices, Are_a_backend_and_which_of_its_devices) {
  const auto wanted = wanted_devices("acme:1,cpu:avx2,\"acme:L4, 24 GB\",reference");
  ASSERT_EQ(wanted.size(), 4u);
  EXPECT_EQ(wanted[0].backend + "|" + wanted[0].which, "acme|1");
  EXPECT_EQ(wanted[2].backend + "|" + wanted[2].which, "acme|L4, 24 GB");
  EXPECT_EQ(wanted[3].backend + "|" + wanted[3].which, "reference|");
}

}  // namespace
}  // namespace weft
