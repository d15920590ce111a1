// The blocks of states on a device. Each has a head with a checksum of what follows, so that a block which was moved in
// part, or written behind the device's back, is noticed by the next run.
#pragma once

#include <cstdint>
#include <cstring>

namespace opaque {

/// The bytes of a block's head: a mark and the checksum. With them, no block has the size that hosts could compute.
inline constexpr uint64_t kHead = 12;

inline uint64_t checksum(const uint8_t* data, uint64_t bytes) {
  uint64_t sum = 0xcbf29ce484222325;
  for (uint64_t i = 0; i < bytes; ++i) sum = (sum ^ data[i]) * 0x100000001b3;
  return sum;
}

inline bool is_fresh(const uint8_t* data, uint64_t bytes) {
  uint64_t i = 0;
  while (i < bytes && data[i] == 0xFF) ++i;
  return i == bytes;
}

/// Whether the block of kHead + `content` bytes is as seal() or nobody left it.
inline bool intact(const uint8_t* block, uint64_t content) {
  if (is_fresh(block, kHead)) return is_fresh(block + kHead, content);
  uint64_t sum = 0;
  std::memcpy(&sum, block + 4, sizeof sum);
  return std::memcmp(block, "sealed", 4) == 0 && sum == checksum(block + kHead, content);
}

inline void seal(uint8_t* block, uint64_t content) {
  if (is_fresh(block + kHead, content)) return;
  const uint64_t sum = checksum(block + kHead, content);
  std::memcpy(block, "sealed", 4), std::memcpy(block + 4, &sum, sizeof sum);
}

}  // namespace opaque
