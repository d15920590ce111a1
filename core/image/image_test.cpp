// Decoding and resizing against Pillow: tests/golden/classify.py makes the goldens.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/json.hpp"
#include "core/image/decode.hpp"
#include "core/image/preprocess.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(WEFT_SOURCE_DIR) / "tests/golden/classify";

std::string file(const std::string& name) { return testing_files::read_file(kFolder / "images" / name); }
Json golden() { return std::move(parse_json(testing_files::read_file(kFolder / "images.json"))).value(); }

std::string summed(const Image& image) {
  uint64_t h = 0xcbf29ce484222325;
  for (uint8_t byte : image.samples) h = (h ^ byte) * 0x100000001b3;
  char text[17];
  std::snprintf(text, sizeof text, "%016lx", static_cast<unsigned long>(h));
  return text;
}

TEST(Image, Files_decode_as_pillow_decodes_them) {
  const Json all = golden()["decoded"];
  for (const auto& [name, want] : all.items()) {
    auto image = decode_image(file(name));
    ASSERT_TRUE(image.ok()) << name << ": " << image.status().message();
    EXPECT_EQ(image->width, want[0].get<int64_t>()) << name;
    EXPECT_EQ(image->height, want[1].get<int64_t>()) << name;
    if (name.ends_with(".png")) {
      EXPECT_EQ(summed(with_channels(*image, 3)), want[2].get<std::string>()) << name;
      EXPECT_EQ(summed(with_channels(*image, 1)), want[3].get<std::string>()) << name;
    }
  }
}

TEST(Image, Every_filter_gives_the_samples_of_pillow) {
  const Json all = golden()["resized"];
  for (const Json& c : all) {
    auto image = decode_image(file(c[0]));
    ASSERT_TRUE(image.ok());
    const Image out = resize(*image, c[2], c[3], static_cast<Filter>(c[1].get<int>()));
    EXPECT_EQ(summed(out), c[4].get<std::string>()) << c[0] << " filter " << c[1] << " to " << c[2] << " x " << c[3];
  }
}

}  // namespace
}  // namespace weft
