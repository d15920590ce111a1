// Resizes images, sample by sample as Pillow computes them.
#pragma once

#include "core/image/image.hpp"

namespace weft {

/// With Pillow's numbers.
enum class Filter { kNearest = 0, kLanczos = 1, kBilinear = 2, kBicubic = 3, kBox = 4, kHamming = 5 };

/// Resizes to `width` and `height`, which are positive. A filter as wide as a pixel of the result runs along one axis,
/// then along the other, each rounded to 8 bits. The order of the axes is that of Pillow 13.
Image resize(const Image& image, int64_t width, int64_t height, Filter filter);

}  // namespace weft
