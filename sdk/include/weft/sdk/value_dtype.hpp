// The dtypes that values of graphs have.
#pragma once

#include <cstdint>
#include <string_view>

#include "weft/abi/dtype.h"

namespace weft::sdk {

/// The dtypes that an input of an op may have, as bits. kAny: the op moves elements, whatever they are.
inline constexpr uint32_t kF32 = 1, kI32 = 2, kU8 = 4, kF16 = 8, kBf16 = 16;
inline constexpr uint32_t kNumber = kF32 | kI32, kOrdered = kNumber | kU8, kAny = kOrdered | kF16 | kBf16;

struct ValueDtype {
  uint32_t dtype = 0, bit = 0, bytes = 0;  // bytes: of an element
  std::string_view name;
};
inline constexpr ValueDtype kValueDtypes[] = {{WEFT_F32, kF32, 4, "f32"},
                                              {WEFT_F16, kF16, 2, "f16"},
                                              {WEFT_BF16, kBf16, 2, "bf16"},
                                              {WEFT_I32, kI32, 4, "i32"},
                                              {WEFT_U8, kU8, 1, "u8"}};

/// All zeros, and no name: values do not have this dtype.
constexpr ValueDtype value_dtype(uint32_t dtype) {
  for (const ValueDtype& d : kValueDtypes) {
    if (d.dtype == dtype) return d;
  }
  return {};
}

constexpr uint32_t element_bytes(uint32_t dtype) { return value_dtype(dtype).bytes; }

/// i32 and u8: what steers an op, as indices and masks.
constexpr bool is_integer(uint32_t dtype) { return (value_dtype(dtype).bit & (kI32 | kU8)) != 0; }

}  // namespace weft::sdk
