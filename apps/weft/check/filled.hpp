// A struct that a plugin fills, watched.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>

#include "weft/abi/base.h"

namespace weft::app {

/// What stands behind the struct must stay as it is, and so must its header.
template <class T>
struct Filled {
  static constexpr uint8_t kAround = 0xA5;
  T value{};
  uint8_t behind[64];

  /// `size`: what the host knows of the struct.
  explicit Filled(uint32_t size) : size_(size) {
    value.hdr.struct_size = size;
    std::fill(std::begin(behind), std::end(behind), kAround);
  }
  /// What was done that must not be ("writes behind the struct"); empty: nothing.
  std::string harm() const {
    if (value.hdr.struct_size != size_ || value.hdr.reserved != 0)
      return "changes the header of the struct that it fills";
    const bool whole = std::all_of(std::begin(behind), std::end(behind), [](uint8_t b) { return b == kAround; });
    return whole ? "" : "writes behind the struct that it fills";
  }

 private:
  uint32_t size_;
};

}  // namespace weft::app
