// Decoded images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft {

/// 8-bit samples in rows, the top row first; the channels of a pixel lie side by side.
struct Image {
  int64_t width = 0, height = 0, channels = 0;  // 1: grey, 3: red, green, blue
  std::vector<uint8_t> samples;
  bool keyed = false;  // the file names one colour that stands for transparency

  Image() = default;
  Image(int64_t w, int64_t h, int64_t c)
      : width(w), height(h), channels(c), samples(static_cast<std::size_t>(w * h * c)) {}
  const uint8_t* row(int64_t y) const { return samples.data() + y * width * channels; }
  uint8_t* row(int64_t y) { return samples.data() + y * width * channels; }
};

/// Turns grey into three equal channels, or colours into grey by ITU-R 601-2, rounded as Pillow does.
Image with_channels(Image image, int64_t channels);

}  // namespace weft
