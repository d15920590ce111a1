// Elements of the ABI's arrays, which have a stride.
#pragma once

#include <cstdint>

namespace opaque {

template <class T>
const T& at(const T* base, uint32_t stride, uint32_t i) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(base) + uint64_t{i} * stride);
}

}  // namespace opaque
