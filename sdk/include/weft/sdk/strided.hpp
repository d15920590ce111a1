// Arrays of the ABI, which have a stride so that their structs may grow.
#pragma once

#include <cstdint>

namespace weft::sdk {

/// The i-th struct of an array; the caller makes sure that there are as many.
template <class T>
const T& strided(const T* base, uint64_t stride, uint64_t i) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(base) + i * stride);
}

}  // namespace weft::sdk
