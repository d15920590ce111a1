// Overflow-safe arithmetic for sizes, offsets and counts that come from files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace weft {

/// a*b and a+b; none when the result does not fit 64 bits.
inline std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t r;
  if (__builtin_mul_overflow(a, b, &r)) return std::nullopt;
  return r;
}
inline std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t r;
  if (__builtin_add_overflow(a, b, &r)) return std::nullopt;
  return r;
}

/// The product of non-negative dims (of none: 1); none when a dim is negative or the product exceeds 2^62.
inline std::optional<std::uint64_t> checked_elements(std::span<const std::int64_t> dims) {
  constexpr std::uint64_t kMax = std::uint64_t{1} << 62;
  bool zero = false;
  std::uint64_t product = 1;
  for (std::int64_t d : dims) {
    if (d < 0) return std::nullopt;
    if (d == 0) {
      zero = true;  // later dims must still not be negative
      continue;
    }
    auto next = checked_mul(product, static_cast<std::uint64_t>(d));
    if (!next || *next > kMax) return std::nullopt;
    product = *next;
  }
  return zero ? 0 : product;
}

/// Whether [offset, offset+size) lies inside [0, total).
inline bool extent_inside(std::uint64_t offset, std::uint64_t size, std::uint64_t total) {
  return offset <= total && size <= total - offset;
}

}  // namespace weft
