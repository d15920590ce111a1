// Images in other sizes, sample by sample as Pillow computes them.
#pragma once

#include "core/image/image.hpp"

namespace weft {

/// By Pillow's numbers.
enum class Filter { kNearest = 0, kLanczos = 1, kBilinear = 2, kBicubic = 3, kBox = 4, kHamming = 5 };

/// `width` and `height` are positive. A filter as wide as what a pixel of the result stands for, along one axis, then
/// along the other, each rounded to 8 bits; which one is first is as of Pillow 13.
Image resize(const Image& image, int64_t width, int64_t height, Filter filter);

}  // namespace weft
