// Decodes image files as Pillow and transformers' load_image do: turned upright by EXIF, colours as RGB, alpha dropped.
#pragma once

#include <string_view>

#include "core/image/image.hpp"
#include "weft/status.hpp"

namespace weft {

constexpr uint64_t kMaxImageBytes = uint64_t{1} << 28;  // of a file; larger files are refused
constexpr int64_t kMaxImageSide = 65535;                // pixels; images with a longer side are refused
constexpr int64_t kMaxImagePixels = int64_t{1} << 27;   // larger images are refused

/// Decodes a PNG or JPEG file. A grey image keeps one channel, any other has three. INVALID_ARGUMENT: the file is
/// damaged or cut short. RESOURCE_EXHAUSTED: it is too large; said before memory is taken for it. UNIMPLEMENTED:
/// another format, which the error names.
Result<Image> decode_image(std::string_view file);

// --- parts of decode_image --------------------------------------------------------------------------
/// INVALID_ARGUMENT: the image has no pixels. RESOURCE_EXHAUSTED: it has too many.
Status check_size(uint64_t width, uint64_t height);
Result<Image> decode_png(std::string_view file);
Result<Image> decode_jpeg(std::string_view file, int& orientation);

/// The value of the tag Orientation, 1 to 8, in EXIF data that begin with their TIFF header; 1 where it is missing.
int exif_orientation(std::string_view tiff);
/// The orientation that the chunk eXIf of a PNG file gives.
int png_orientation(std::string_view file);
/// Turns and mirrors the image so that it stands upright.
Image upright(Image image, int orientation);

}  // namespace weft
