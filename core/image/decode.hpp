// Image files to images, as Pillow and transformers' load_image do: upright by EXIF, colours as RGB, alpha dropped.
#pragma once

#include <string_view>

#include "core/image/image.hpp"
#include "weft/status.hpp"

namespace weft {

constexpr uint64_t kMaxImageBytes = uint64_t{1} << 28;  // of a file
constexpr int64_t kMaxImageSide = 65535;
constexpr int64_t kMaxImagePixels = int64_t{1} << 27;

/// A PNG or JPEG file. Grey ones keep one channel, all others have three. INVALID_ARGUMENT what is damaged or cut
/// short, RESOURCE_EXHAUSTED what is too large, before memory is taken for it; UNIMPLEMENTED other formats by name.
Result<Image> decode_image(std::string_view file);

// --- parts of it ------------------------------------------------------------------------------------
/// INVALID_ARGUMENT for no pixels, RESOURCE_EXHAUSTED for too many.
Status check_size(uint64_t width, uint64_t height);
Result<Image> decode_png(std::string_view file);
Result<Image> decode_jpeg(std::string_view file, int& orientation);

/// What the tag Orientation of EXIF data (from its TIFF header on) says: 1 to 8; 1 where it says nothing.
int exif_orientation(std::string_view tiff);
/// The same of a PNG file's chunk eXIf.
int png_orientation(std::string_view file);
/// Turned and mirrored so that it stands upright.
Image upright(Image image, int orientation);

}  // namespace weft
