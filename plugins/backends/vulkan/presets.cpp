#include "plugins/backends/vulkan/presets.hpp"

#include <algorithm>
#include <iterator>

namespace weft::vulkan {
namespace {

// From large to small; the first that fits the device and is not mostly empty is taken, and the last fits all. An
// invocation's own sums are registers: 8 x 8 take 128, which processors keep in their cache.
constexpr Tile kOnCards[] = {{128, 128, 8, 8, 16}, {64, 64, 4, 4, 16}, {32, 64, 4, 4, 16}, {16, 32, 2, 2, 16}};
constexpr Tile kOnProcessors[] = {{64, 64, 8, 8, 32}, {32, 64, 8, 8, 32}, {16, 64, 4, 4, 32}, {16, 64, 4, 4, 16}};

bool fits(const Tile& tile, const Limits& limits) {
  return tile.invocations() <= limits.invocations && tile.shared_bytes() <= limits.shared_bytes;
}

}  // namespace

uint32_t power_from(int64_t n, uint32_t most) {
  uint32_t p = 1;
  while (p < most && p < n) p *= 2;
  return p;
}

Team team_for(const Limits& limits, int64_t tokens, int64_t columns) {
  const uint32_t rows = tokens == 1 ? 8 : tokens <= 4 ? 4 : 2;
  if (limits.software) return {8, 8, rows};
  const uint32_t invocations = std::clamp(limits.subgroup, 64u, 128u);
  return {invocations, power_from((columns + 31) / 32, std::clamp(limits.subgroup, 8u, 64u)), std::max(rows / 2, 1u)};
}

Tile tile_for(const Limits& limits, int64_t tokens, int64_t outputs) {
  const Tile* const tiles = limits.software ? kOnProcessors : kOnCards;
  constexpr std::size_t kCount = std::size(kOnCards);
  static_assert(kCount == std::size(kOnProcessors));
  for (std::size_t i = 0; i + 1 < kCount; ++i) {
    const bool full = 2 * tokens > tiles[i].tokens && 2 * outputs > tiles[i].outputs;
    if (full && fits(tiles[i], limits)) return tiles[i];
  }
  return tiles[kCount - 1];
}

Rows rows_for(int64_t tokens, int64_t group, int64_t key_width, int64_t value_width) {
  // Rows of a work group. More: keys and values are read less often; kMostQuery of attention.comp and registers end it.
  const int64_t most = std::clamp<int64_t>(2048 / std::max<int64_t>(key_width, 1), 1, 16);
  const int64_t heads = std::min(group, most);
  return {static_cast<uint32_t>(tokens <= 2 ? 1 : most / heads), static_cast<uint32_t>(heads),
          std::max(power_from((value_width + 1) / 2, 256), 32u)};
}

}  // namespace weft::vulkan
