#include "core/image/image.hpp"

namespace weft {

Image with_channels(Image image, int64_t channels) {
  if (image.channels == channels) return image;
  Image out(image.width, image.height, channels);
  const std::size_t pixels = out.samples.size() / static_cast<std::size_t>(channels);
  const uint8_t* in = image.samples.data();
  if (channels == 3) {
    for (std::size_t i = 0; i < pixels; ++i)
      out.samples[3 * i] = out.samples[3 * i + 1] = out.samples[3 * i + 2] = in[i];
  } else {
    for (std::size_t i = 0; i < pixels; ++i) {
      const uint8_t* p = in + 3 * i;
      out.samples[i] = static_cast<uint8_t>((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
    }
  }
  return out;
}

}  // namespace weft
