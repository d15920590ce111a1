// What the AMX instructions of palette 1 do, in plain C++, for tests on machines without them.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace weft::cpu::amx_emulated {

struct Tile {
  uint8_t bytes[16][64];
};
inline thread_local Tile tiles[8];
inline thread_local uint16_t row_bytes[8];
inline thread_local uint8_t rows[8];

inline void load_config(const void* config) {
  const auto* c = static_cast<const uint8_t*>(config);
  std::memcpy(row_bytes, c + 16, sizeof row_bytes);
  std::memcpy(rows, c + 48, sizeof rows);
}
inline void load(int t, const void* from, int64_t pitch) {
  tiles[t] = {};
  for (int r = 0; r < rows[t]; ++r)
    std::memcpy(tiles[t].bytes[r], static_cast<const uint8_t*>(from) + r * pitch, row_bytes[t]);
}
inline void store(int t, void* to, int64_t pitch) {
  for (int r = 0; r < rows[t]; ++r) std::memcpy(static_cast<uint8_t*>(to) + r * pitch, tiles[t].bytes[r], row_bytes[t]);
}
inline float bf16(const uint8_t* p) {
  uint16_t h;
  std::memcpy(&h, p, 2);
  return std::bit_cast<float>(uint32_t{h} << 16);
}
/// Adds to sum [m][n] (f32) the product of a [m][k] and b [k][n], whose elements are pairs of bf16 values.
inline void dot_bf16(int sum, int a, int b) {
  for (int m = 0; m < rows[sum]; ++m) {
    for (int n = 0; n < row_bytes[sum] / 4; ++n) {
      float total;
      std::memcpy(&total, tiles[sum].bytes[m] + 4 * n, 4);
      for (int k = 0; k < row_bytes[a] / 4 && k < rows[b]; ++k) {
        const uint8_t *left = tiles[a].bytes[m] + 4 * k, *right = tiles[b].bytes[k] + 4 * n;
        total += bf16(left) * bf16(right) + bf16(left + 2) * bf16(right + 2);
      }
      std::memcpy(tiles[sum].bytes[m] + 4 * n, &total, 4);
    }
  }
}
/// Adds to sum [m][n] (i32) the product of a [m][k] and b [k][n], whose elements are four bytes: signed in a, of type B
/// in b.
template <class B>
inline void dot_int8(int sum, int a, int b) {
  for (int m = 0; m < rows[sum]; ++m) {
    for (int n = 0; n < row_bytes[sum] / 4; ++n) {
      int32_t total;
      std::memcpy(&total, tiles[sum].bytes[m] + 4 * n, 4);
      for (int k = 0; k < row_bytes[a] / 4 && k < rows[b]; ++k) {
        for (int i = 0; i < 4; ++i)
          total += static_cast<int8_t>(tiles[a].bytes[m][4 * k + i]) * static_cast<B>(tiles[b].bytes[k][4 * n + i]);
      }
      std::memcpy(tiles[sum].bytes[m] + 4 * n, &total, 4);
    }
  }
}

}  // namespace weft::cpu::amx_emulated

// A compiler may have its own macros of these names.
#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#undef _tile_dpbsud
#undef _tile_dpbssd

#define _tile_loadconfig(config) ::weft::cpu::amx_emulated::load_config(config)
#define _tile_release() static_cast<void>(0)
#define _tile_zero(t) (::weft::cpu::amx_emulated::tiles[t] = {})
#define _tile_loadd(t, from, pitch) ::weft::cpu::amx_emulated::load(t, from, pitch)
#define _tile_stored(t, to, pitch) ::weft::cpu::amx_emulated::store(t, to, pitch)
#define _tile_dpbf16ps(sum, a, b) ::weft::cpu::amx_emulated::dot_bf16(sum, a, b)
#define _tile_dpbsud(sum, a, b) ::weft::cpu::amx_emulated::dot_int8<uint8_t>(sum, a, b)
#define _tile_dpbssd(sum, a, b) ::weft::cpu::amx_emulated::dot_int8<int8_t>(sum, a, b)
