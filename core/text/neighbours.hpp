// Which characters stand side by side in some token. Between any others a long word may be cut, as no merge reaches
// across.
#pragma once

#include <cstdint>
#include <vector>

#include "core/text/token_table.hpp"

namespace weft {

class Neighbours {
 public:
  explicit Neighbours(const TokenTable& tokens);
  /// False only where no token has `before` followed by `after`.
  bool may_touch(std::uint32_t before, std::uint32_t after) const {
    const std::uint64_t bit = bit_of(before, after);
    return (bits_[bit / 64] >> (bit & 63) & 1) != 0;
  }

 private:
  // Size of the filter: the pairs of 262k tokens set a tenth of its bits; larger: fewer false answers, more memory.
  static constexpr int kBits = 21;
  static std::uint64_t bit_of(std::uint32_t before, std::uint32_t after) {
    return hash_number(static_cast<std::uint64_t>(before) << 32 | after) >> (64 - kBits);
  }
  std::vector<std::uint64_t> bits_;
};

}  // namespace weft
