#include "plugins/formats/safetensors/mxfp4.hpp"

#include <cmath>

#include "weft/abi/dtype.h"
#include "weft/sdk/error.hpp"

namespace weft::safetensors {
namespace {

/// Value 2i is in the low half of byte i, value 2i + 1 in the high one; the scale is 2^(byte - 127), 255: NaN.
weft_status* decode(void*, const weft_slab* src, uint64_t rows, uint64_t cols, float* dst) {
  static constexpr float kValues[16] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
  for (uint64_t r = 0; r < rows; ++r) {
    for (uint64_t b = 0; b < cols / kMxfp4Block; ++b) {
      const auto* data = static_cast<const uint8_t*>(src->plane[0]) + r * src->row_pitch[0] + b * src->col_pitch[0];
      const uint8_t exponent =
          *(static_cast<const uint8_t*>(src->plane[1]) + r * src->row_pitch[1] + b * src->col_pitch[1]);
      const float scale = exponent == 255 ? NAN : std::ldexp(1.0f, exponent - 127);
      for (int64_t i = 0; i < kMxfp4Bytes; ++i) {
        *dst++ = kValues[data[i] & 15] * scale;
        *dst++ = kValues[data[i] >> 4] * scale;
      }
    }
  }
  return nullptr;
}

}  // namespace

void register_mxfp4() {
  weft_dtype d{};
  d.hdr = WEFT_HDR(weft_dtype, encode);
  d.name = sdk::str(kMxfp4Name);
  d.n_planes = 2;
  d.plane[0] = {WEFT_PLANE_DATA, 1, kMxfp4Block, kMxfp4Bytes};
  d.plane[1] = {WEFT_PLANE_SCALE, 1, kMxfp4Block, 1};
  d.decode = decode;
  uint32_t id = 0;
  sdk::check(sdk::host().dtype_register(sdk::host().ctx, &d, &id));
}

}  // namespace weft::safetensors
