#include "core/image/decode.hpp"

#include "core/base/error.hpp"

namespace weft {
namespace {

struct Magic {
  std::string_view begin, name;
};
constexpr Magic kOthers[] = {{"GIF8", "GIF"},
                             {"BM", "BMP"},
                             {"RIFF", "WebP"},
                             {std::string_view("II*\0", 4), "TIFF"},
                             {std::string_view("MM\0*", 4), "TIFF"},
                             {std::string_view("\0\0\0\x0cjP  ", 8), "JPEG 2000"}};

}  // namespace

Status check_size(uint64_t width, uint64_t height) {
  if (width == 0 || height == 0) return invalid("an image of {} x {} pixels", width, height);
  constexpr auto side = static_cast<uint64_t>(kMaxImageSide), pixels = static_cast<uint64_t>(kMaxImagePixels);
  if (width > side || height > side || width * height > pixels) {
    return error(Code::kResourceExhausted, "an image of {} x {} pixels, expected at most {} a side and {} in all",
                 width, height, side, pixels);
  }
  return {};
}

Result<Image> decode_image(std::string_view file) {
  if (file.size() > kMaxImageBytes) {
    return error(Code::kResourceExhausted, "an image file of {} bytes, expected at most {}", file.size(),
                 kMaxImageBytes);
  }
  if (file.starts_with("\x89PNG\r\n\x1a\n")) {
    WEFT_TRY(Image image, decode_png(file));
    const bool keyed = image.keyed;
    image = upright(std::move(image), png_orientation(file));
    image.keyed = keyed;
    return image;
  }
  if (file.starts_with("\xff\xd8\xff")) {
    int orientation = 1;
    WEFT_TRY(Image image, decode_jpeg(file, orientation));
    return upright(std::move(image), orientation);
  }
  for (const Magic& m : kOthers) {
    if (file.starts_with(m.begin)) return error(Code::kUnimplemented, "is a {} file, expected PNG or JPEG", m.name);
  }
  return invalid("is no image that is known, expected PNG or JPEG");
}

}  // namespace weft
