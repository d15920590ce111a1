// Structs that the host fills and a plugin has made.
#pragma once

#include <algorithm>
#include <cstring>

#include "core/base/error.hpp"
#include "weft/abi/base.h"

namespace weft {

/// Writes `value` to *out as far as its maker knows the struct, and no byte behind that. INVALID_ARGUMENT: there is no
/// struct, or its maker has not said its size.
template <class T>
Status write_out(T* out, T value) {
  if (out == nullptr) return invalid("the struct to fill is NULL");
  value.hdr = out->hdr;
  if (value.hdr.struct_size < sizeof(weft_hdr))
    return invalid("the struct to fill says a struct_size of {}", value.hdr.struct_size);
  std::memcpy(static_cast<void*>(out), &value, std::min<std::size_t>(value.hdr.struct_size, sizeof value));
  return {};
}

}  // namespace weft
