// Probes by instruction set. Each function names its own, so that the file builds for any x86-64.
#include "bench/probes.hpp"

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define WEFT_TARGET(isa) __attribute__((target(isa)))

namespace weft::bench {
namespace {

// __builtin_cpu_supports asks XGETBV too: registers that the system does not save do not count.
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() { return __builtin_cpu_supports("avx512f"); }
bool has_avx512_bf16() { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
bool has_avx512_vnni() { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }

/// CPUID's leaf 7: EDX of its part 0, EAX of its part 1.
unsigned features(unsigned part) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, part, &a, &b, &c, &d) == 0) return 0;
  return part == 0 ? d : a;
}

bool has_avx_vnni() { return has_avx2() && (features(1) >> 4 & 1) != 0; }

/// Whether the processor has AMX of this kind (a bit of features(0)), and the system allows tiles, as it does on
/// request.
bool has_amx(unsigned kind) {
#ifdef __linux__
  constexpr unsigned kTiles = 24;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  if ((features(0) >> kind & 1) == 0 || (features(0) >> kTiles & 1) == 0) return false;
  static const bool allowed = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return allowed;
#else
  return kind == 0;
#endif
}
bool has_amx_bf16() { return has_amx(22); }
bool has_amx_int8() { return has_amx(25); }

// Sums that do not wait for each other: an addition takes 4 to 5 cycles, and two begin in each.
constexpr int kChains = 12;

WEFT_TARGET("avx2,fma")
void f32_avx2(uint64_t rounds) {
  const __m256 a = _mm256_set1_ps(0.75f), b = _mm256_set1_ps(0.25f);
  __m256 sum[kChains];
  for (__m256& s : sum) s = b;
  for (; rounds > 0; --rounds) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sum[i] = _mm256_fmadd_ps(sum[i], a, b);
  }
  for (const __m256& s : sum) keep(s);
}

WEFT_TARGET("avx512f")
void f32_avx512(uint64_t rounds) {
  const __m512 a = _mm512_set1_ps(0.75f), b = _mm512_set1_ps(0.25f);
  __m512 sum[kChains];
  for (__m512& s : sum) s = b;
  for (; rounds > 0; --rounds) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sum[i] = _mm512_fmadd_ps(sum[i], a, b);
  }
  for (const __m512& s : sum) keep(s);
}

WEFT_TARGET("avx512f,avx512bf16")
void bf16_avx512(uint64_t rounds) {
  const __m512bh a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.75f), _mm512_set1_ps(0.75f));
  __m512 sum[kChains];
  for (__m512& s : sum) s = _mm512_setzero_ps();
  for (; rounds > 0; --rounds) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sum[i] = _mm512_dpbf16_ps(sum[i], a, a);
  }
  for (const __m512& s : sum) keep(s);
}

WEFT_TARGET("avx512f,avx512vnni")
void int8_avx512(uint64_t rounds) {
  const __m512i a = _mm512_set1_epi8(3);
  __m512i sum[kChains];
  for (__m512i& s : sum) s = a;
  for (; rounds > 0; --rounds) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sum[i] = _mm512_dpbusd_epi32(sum[i], a, a);
  }
  for (const __m512i& s : sum) keep(s);
}

WEFT_TARGET("avx2,avxvnni")
void int8_avx_vnni(uint64_t rounds) {
  const __m256i a = _mm256_set1_epi8(3);
  __m256i sum[kChains];
  for (__m256i& s : sum) s = a;
  for (; rounds > 0; --rounds) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sum[i] = _mm256_dpbusd_avx_epi32(sum[i], a, a);
  }
  for (const __m256i& s : sum) keep(s);
}

/// Keeps the compiler from reusing the last product with `a`.
#define WEFT_FRESH(a) asm volatile("" : "+x"(a))

/// int8 without VNNI: pairs are added to int16, fours to int32, and these to the sum.
WEFT_TARGET("avx2")
void int8_avx2(uint64_t rounds) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i a = _mm256_set1_epi8(3), sum[8];
  for (__m256i& s : sum) s = a;
  for (; rounds > 0; --rounds) {
#pragma GCC unroll 16
    for (int i = 0; i < 8; ++i) {
      WEFT_FRESH(a);
      sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(_mm256_maddubs_epi16(a, a), ones));
    }
  }
  for (const __m256i& s : sum) keep(s);
}

struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

// Configures eight full tiles: 0 to 3 are sums, 4 and 5 are multiplied by 6 and 7. g++ 12 takes the block for unread
// and drops the stores into it, hence keep().
WEFT_TARGET("amx-tile")
void configure_tiles() {
  TileConfig config;
  for (int i = 0; i < 8; ++i) config.row_bytes[i] = 64, config.rows[i] = 16;
  keep(config);
  _tile_loadconfig(&config);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
}

WEFT_TARGET("amx-tile,amx-bf16")
void bf16_amx(uint64_t rounds) {
  configure_tiles();
  for (; rounds > 0; --rounds) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
}

WEFT_TARGET("amx-tile,amx-int8")
void int8_amx(uint64_t rounds) {
  configure_tiles();
  for (; rounds > 0; --rounds) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_release();
}

constexpr uint64_t kTileBf16 = 2 * 16 * 16 * 32, kTileInt8 = 2 * 16 * 16 * 64;
constexpr Compute kCompute[] = {
    {"f32", "avx2", "GFLOP/s", has_avx2, kChains * 8 * 2, f32_avx2},
    {"f32", "avx512", "GFLOP/s", has_avx512, kChains * 16 * 2, f32_avx512},
    {"bf16", "avx512", "GFLOP/s", has_avx512_bf16, kChains * 32 * 2, bf16_avx512},
    {"bf16", "amx", "GFLOP/s", has_amx_bf16, 4 * kTileBf16, bf16_amx},
    {"int8", "avx2", "GOP/s", has_avx2, 8 * 32 * 2, int8_avx2},
    {"int8", "avx_vnni", "GOP/s", has_avx_vnni, kChains * 32 * 2, int8_avx_vnni},
    {"int8", "avx512", "GOP/s", has_avx512_vnni, kChains * 64 * 2, int8_avx512},
    {"int8", "amx", "GOP/s", has_amx_int8, 4 * kTileInt8, int8_amx},
};

constexpr uint64_t kPiece = 256;  // bytes that are read of a stream before the next stream's turn

/// The bytes of a stream: no whole pages, lest all streams fall into the same sets of the caches.
uint64_t stream_bytes(uint64_t bytes, int streams) {
  return bytes / static_cast<uint64_t>(streams) / 4096 * 4096 - (streams > 1 ? 5 * kPiece : 0);
}

template <int kStreams>
WEFT_TARGET("avx2")
void read_avx2(const unsigned char* data, uint64_t bytes) {
  const uint64_t part = stream_bytes(bytes, kStreams);
  __m256i sum = _mm256_setzero_si256();
  for (uint64_t at = 0; at < part; at += kPiece) {
    for (int s = 0; s < kStreams; ++s) {
      const auto* p = reinterpret_cast<const __m256i*>(data + static_cast<uint64_t>(s) * part + at);
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) sum = _mm256_or_si256(sum, _mm256_loadu_si256(p + i));
    }
  }
  keep(sum);
}

template <int kStreams>
WEFT_TARGET("avx512f")
void read_avx512(const unsigned char* data, uint64_t bytes) {
  const uint64_t part = stream_bytes(bytes, kStreams);
  __m512i sum = _mm512_setzero_si512();
  for (uint64_t at = 0; at < part; at += kPiece) {
    for (int s = 0; s < kStreams; ++s) {
      const unsigned char* p = data + static_cast<uint64_t>(s) * part + at;
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) sum = _mm512_or_si512(sum, _mm512_loadu_si512(p + 64 * i));
    }
  }
  keep(sum);
}

constexpr Reader kReaders[] = {
    {"avx2", 1, has_avx2, read_avx2<1>},       {"avx2", 4, has_avx2, read_avx2<4>},
    {"avx2", 8, has_avx2, read_avx2<8>},       {"avx512", 1, has_avx512, read_avx512<1>},
    {"avx512", 4, has_avx512, read_avx512<4>}, {"avx512", 8, has_avx512, read_avx512<8>},
    {"avx512", 16, has_avx512, read_avx512<16>},
};

}  // namespace

std::span<const Compute> x86_compute_probes() { return kCompute; }
std::span<const Reader> x86_readers() { return kReaders; }

}  // namespace weft::bench

#else

namespace weft::bench {

std::span<const Compute> x86_compute_probes() { return {}; }
std::span<const Reader> x86_readers() { return {}; }

}  // namespace weft::bench

#endif
