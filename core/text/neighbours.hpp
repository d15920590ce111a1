// Which characters stand side by side in some token: between others a long word may be cut, as no merge reaches across.
#pragma once

#include <cstdint>
#include <vector>

#include "core/text/token_table.hpp"

namespace weft {

class Neighbours {
 public:
  explicit Neighbours(const TokenTable& tokens);
  /// False only where no token has the one before the other.
  bool may_touch(std::uint32_t before, std::uint32_t after) const {
    const std::uint64_t bit = bit_of(before, after);
    return (bits_[bit / 64] >> (bit & 63) & 1) != 0;
  }

 private:
  static constexpr int kBits = 21;  // of which the pairs of 262k tokens set a tenth
  static std::uint64_t bit_of(std::uint32_t before, std::uint32_t after) {
    return hash_number(static_cast<std::uint64_t>(before) << 32 | after) >> (64 - kBits);
  }
  std::vector<std::uint64_t> bits_;
};

}  // namespace weft
