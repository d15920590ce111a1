// Any bytes as an image file: a decoded image has as many samples as its size says, and can be resized and cropped.
#include <cstdlib>

#include "core/image/decode.hpp"
#include "core/image/preprocess.hpp"

using namespace weft;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const auto image = decode_image({reinterpret_cast<const char*>(data), size});
  if (!image.ok()) {
    if (image.status().message().find('\n') != std::string_view::npos) std::abort();
    return 0;
  }
  const auto samples = static_cast<std::size_t>(image->width * image->height * image->channels);
  if (image->samples.size() != samples || (image->channels != 1 && image->channels != 3)) std::abort();
  if (samples > 1 << 20) return 0;  // larger images would only slow the fuzzer down
  Preprocess p;
  p.size = Preprocess::Size{.height = 5, .width = 9}, p.crop = Preprocess::Size{.height = 7, .width = 7};
  p.filter = static_cast<Filter>(size % 6);
  float out[3 * 7 * 7];
  if (!p.run(*image, 3, 7, 7, out).ok()) std::abort();
  return 0;
}
