#include "core/text/neighbours.hpp"

#include "core/text/unicode.hpp"

namespace weft {

Neighbours::Neighbours(const TokenTable& tokens) : bits_(std::size_t{1} << (kBits - 6)) {
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    std::uint32_t before = 0;
    bool first = true;
    for_each_character(tokens.text(static_cast<std::int32_t>(id)), [&](std::uint32_t code, std::string_view) {
      if (!first) {
        const std::uint64_t bit = bit_of(before, code);
        bits_[bit / 64] |= std::uint64_t{1} << (bit & 63);
      }
      first = false;
      before = code;
    });
  }
}

}  // namespace weft
