// Decoding and resizing compared with Pillow: tests/golden/classify.py makes the goldens.
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

std::string unpacked(const std::string& base64) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t buffer = 0, have = 0;
  for (char c : base64) {
    if (c == '=') break;
    buffer = buffer << 6 | static_cast<uint32_t>(digits.find(c));
    if ((have += 6) >= 8) bytes += static_cast<char>(buffer >> (have -= 8));
  }
  return bytes;
}

TEST(Image, Jpeg_samples_are_within_one_step_of_those_of_pillow) {
  const Json all = golden()["decoded"];
  for (const auto& [name, want] : all.items()) {
    if (!name.ends_with(".jpg")) continue;
    const Image image = with_channels(std::move(decode_image(file(name))).value(), 3);
    const std::string samples = unpacked(want[2]);
    ASSERT_EQ(samples.size(), image.samples.size()) << name;
    int most = 0;
    for (std::size_t i = 0; i < samples.size(); ++i)
      most = std::max(most, std::abs(image.samples[i] - static_cast<uint8_t>(samples[i])));
    EXPECT_LE(most, 1) << name;  // the inverse DCT of another library may round differently
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

// --- bad input --------------------------------------------------------------------------------------
void expect_refused(const std::string& bytes, Code code, const std::string& part) {
  auto image = decode_image(bytes);
  ASSERT_FALSE(image.ok()) << part;
  EXPECT_EQ(image.status().code(), code) << image.status().message();
  EXPECT_NE(image.status().message().find(part), std::string_view::npos) << image.status().message();
}

std::string big_endian(uint32_t v, int bytes) {
  std::string s;
  while (bytes-- > 0) s += static_cast<char>(v >> 8 * bytes);
  return s;
}

/// A PNG chunk and its checksum.
std::string chunk(const std::string& type, const std::string& data) {
  uint32_t crc = ~0u;
  for (char c : type + data) {
    crc ^= static_cast<uint8_t>(c);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return big_endian(static_cast<uint32_t>(data.size()), 4) + type + data + big_endian(~crc, 4);
}

std::string png_of(uint32_t width, uint32_t height, char depth, char colour, const std::string& rest) {
  const std::string header = big_endian(width, 4) + big_endian(height, 4) + depth + colour + std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + rest + chunk("IEND", "");
}

TEST(BadImage, Files_that_are_cut_short_are_refused) {
  for (const char* name : {"rgb.png", "palette.png", "interlaced.png", "photo.jpg", "progressive.jpg", "cmyk.jpg"}) {
    const std::string whole = file(name);
    for (std::size_t n = 0; n < whole.size(); ++n) {
      auto image = decode_image(std::string_view(whole).substr(0, n));
      EXPECT_TRUE(!image.ok() || n + 20 >= whole.size()) << name << " cut to " << n << " of " << whole.size();
    }
  }
}

TEST(BadImage, Damaged_bytes_never_do_more_than_change_or_refuse_it) {
  for (const char* name : {"rgb.png", "palette.png", "photo.jpg", "progressive.jpg", "cmyk.jpg", "turned6.jpg"}) {
    const std::string whole = file(name);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ 0xff);
      auto image = decode_image(bytes);
      EXPECT_TRUE(!image.ok() ||
                  image->samples.size() == static_cast<std::size_t>(image->width * image->height * image->channels))
          << name << " byte " << i;
    }
  }
}

TEST(BadImage, Sizes_are_refused_before_memory_is_taken_for_them) {
  expect_refused(png_of(0x7fffffff, 0x7fffffff, 8, 2, chunk("IDAT", "x")), Code::kInvalidArgument, "IHDR");
  expect_refused(png_of(65535, 65535, 8, 2, chunk("IDAT", "x")), Code::kResourceExhausted, "65535 x 65535");
  expect_refused(png_of(16000, 8000, 8, 2, chunk("IDAT", "x")), Code::kInvalidArgument, "cannot hold 16000 x 8000");
  expect_refused(png_of(0, 5, 8, 2, chunk("IDAT", "x")), Code::kInvalidArgument, "IHDR");
  std::string jpeg = file("photo.jpg");
  const std::size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\xdc\xff\xdc");
  expect_refused(jpeg, Code::kResourceExhausted, "65500 x 65500");
}

TEST(BadImage, Other_formats_are_refused_by_name) {
  expect_refused("GIF89a...", Code::kUnimplemented, "GIF");
  expect_refused("RIFF....WEBPVP8 ", Code::kUnimplemented, "WebP");
  expect_refused("", Code::kInvalidArgument, "expected PNG or JPEG");
  expect_refused("just a text", Code::kInvalidArgument, "expected PNG or JPEG");
}

TEST(BadImage, A_pixel_outside_the_palette_is_refused) {
  // One row of one byte, not compressed: filter 0, index 3, after zlib's header and a block of length 2.
  const std::string data("\x78\x01\x01\x02\x00\xfd\xff\x00\x03\x00\x05\x00\x04", 13);
  expect_refused(png_of(1, 1, 8, 3, chunk("PLTE", "abcdef") + chunk("IDAT", data)), Code::kInvalidArgument,
                 "a pixel of colour 3, the palette has 2");
}

// --- preprocessor_config.json -----------------------------------------------------------------------
Status read_status(const std::string& text) {
  return Preprocess::read(std::move(parse_json(text)).value(), "p.json").status();
}

TEST(Preprocess, Values_that_are_not_implemented_are_refused_by_name) {
  const std::pair<const char*, const char*> bad[] = {
      {R"({"image_processor_type": "DetrImageProcessor"})", "DetrImageProcessor"},
      {R"({"size": 0})", "size is 0"},
      {R"({"size": {"height": 4}})", "size is"},
      {R"({"size": {"longest_edge": 4}})", "size is"},
      {R"({"size": {"width": 1e9, "height": 4}})", "size is"},
      {R"({"size": {"height": 4, "width": 4, "shortest_edge": 4}})", "size is"},
      {R"({"size": 70000})", "70000"},
      {R"({"resample": 6})", "resample is 6"},
      {R"({"resample": "bicubic"})", "resample"},
      {R"({"do_pad": true})", "do_pad"},
      {R"({"do_resize": 1})", "do_resize is 1"},
      {R"({"do_center_crop": true})", "crop_size"},
      {R"({"image_mean": [0.5, 0.5]})", "image_mean"},
      {R"({"rescale_factor": null, "image_std": "x"})", "image_std"},
      {R"({"crop_pct": 0.9})", "crop_pct"},
      {R"({"data_format": "channels_last"})", "data_format"},
      {R"([])", "not a JSON object"}};
  for (const auto& [text, part] : bad) {
    const Status s = read_status(text);
    EXPECT_NE(s.message().find(part), std::string_view::npos) << text << ": " << s.message();
    EXPECT_FALSE(s.ok()) << text;
  }
  EXPECT_TRUE(read_status(R"({"do_pad": null, "do_reduce_labels": false, "unheard_of": null})").ok());
}

TEST(Preprocess, A_size_other_than_the_models_is_refused) {
  const Preprocess p = std::move(Preprocess::read(std::move(parse_json(R"({"size": 8})")).value(), "p.json")).value();
  std::vector<float> out(3 * 8 * 8);
  EXPECT_TRUE(p.run(Image(3, 2, 3), 3, 8, 8, out.data()).ok());
  EXPECT_NE(p.run(Image(3, 2, 3), 3, 9, 8, out.data()).message().find("8 x 8 pixels"), std::string_view::npos);
}

TEST(Preprocess, A_transparent_colour_that_is_to_be_white_is_refused) {
  Preprocess p = std::move(Preprocess::read(std::move(parse_json(R"({"size": 8})")).value(), "p.json")).value();
  std::vector<float> out(3 * 8 * 8);
  for (const char* name : {"palette.png", "transparent.png", "rgba.png"}) {
    const Image image = std::move(decode_image(file(name))).value();
    p.rgb = false;
    EXPECT_TRUE(p.run(image, 3, 8, 8, out.data()).ok()) << name;
    p.rgb = true;
    EXPECT_EQ(p.run(image, 3, 8, 8, out.data()).code(),
              name == std::string("rgba.png") ? Code::kOk : Code::kUnimplemented)
        << name;
  }
}

TEST(Preprocess, An_image_too_flat_for_its_shortest_edge_is_refused) {
  const Preprocess p =
      std::move(Preprocess::read(std::move(parse_json(R"({"size": {"shortest_edge": 60000}})")).value(), "p.json"))
          .value();
  float out = 0;
  EXPECT_EQ(p.run(Image(65535, 1, 3), 3, 8, 8, &out).code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace weft
