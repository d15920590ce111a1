#include <optional>

#include "core/base/checked.hpp"
#include "core/image/decode.hpp"

namespace weft {
namespace {

class Bytes {
 public:
  Bytes(std::string_view data, bool big) : data_(data), big_(big) {}
  std::optional<uint32_t> number(uint64_t at, uint64_t size) const {
    if (!extent_inside(at, size, data_.size())) return std::nullopt;
    uint32_t v = 0;
    for (uint64_t i = 0; i < size; ++i)
      v |= uint32_t{static_cast<uint8_t>(data_[at + i])} << 8 * (big_ ? size - 1 - i : i);
    return v;
  }

 private:
  std::string_view data_;
  bool big_;
};

}  // namespace

int exif_orientation(std::string_view tiff) {
  const bool big = tiff.starts_with(std::string_view("MM\0*", 4));
  if (!big && !tiff.starts_with(std::string_view("II*\0", 4))) return 1;
  const Bytes bytes(tiff, big);
  const uint64_t folder = bytes.number(4, 4).value_or(UINT32_MAX);
  const uint64_t entries = bytes.number(folder, 2).value_or(0);
  for (uint64_t i = 0; i < entries; ++i) {
    const uint64_t entry = folder + 2 + 12 * i;
    constexpr uint32_t kOrientation = 0x0112, kShort = 3, kLong = 4;
    if (bytes.number(entry, 2) != kOrientation) continue;
    const uint32_t type = bytes.number(entry + 2, 2).value_or(0);
    const uint32_t value = type == kShort  ? bytes.number(entry + 8, 2).value_or(1)
                           : type == kLong ? bytes.number(entry + 8, 4).value_or(1)
                                           : 1;
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

int png_orientation(std::string_view file) {
  const Bytes bytes(file, true);
  for (uint64_t at = 8; at < file.size();) {  // a chunk is its size, type, data and checksum
    const auto size = bytes.number(at, 4);
    if (!size || !extent_inside(at + 8, *size, file.size())) return 1;
    if (file.substr(at + 4, 4) == "eXIf") return exif_orientation(file.substr(at + 8, *size));
    at += uint64_t{12} + *size;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool swapped = orientation >= 5, from_right = orientation == 2 || orientation == 3 || orientation >= 7,
             from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const int64_t W = image.width, H = image.height, C = image.channels;
  Image out(swapped ? H : W, swapped ? W : H, C);
  for (int64_t y = 0; y < out.height; ++y) {
    uint8_t* to = out.row(y);
    for (int64_t x = 0; x < out.width; ++x, to += C) {
      const int64_t column = swapped ? y : x, line = swapped ? x : y;
      const uint8_t* from = image.row(from_below ? H - 1 - line : line) + (from_right ? W - 1 - column : column) * C;
      for (int64_t c = 0; c < C; ++c) to[c] = from[c];
    }
  }
  return out;
}

}  // namespace weft
