// The probes in plain C++, and the lists of all probes.
#include "bench/probes.hpp"

#include <cstring>
#include <vector>

namespace weft::bench {
namespace {

bool always() { return true; }

void f32(uint64_t rounds) {
  constexpr int kLanes = 32;  // enough chains of additions to hide their latency
  float sum[kLanes];
  for (int i = 0; i < kLanes; ++i) sum[i] = static_cast<float>(i);
  for (; rounds > 0; --rounds) {
    for (int i = 0; i < kLanes; ++i) sum[i] = sum[i] * 0.75f + 0.25f;
  }
  keep(sum);
}

template <int kStreams>
void read(const unsigned char* data, uint64_t bytes) {
  const uint64_t part = bytes / kStreams / 64 * 64;
  uint64_t sum[kStreams][8] = {};
  for (uint64_t at = 0; at < part; at += 64) {
    for (int s = 0; s < kStreams; ++s) {
      uint64_t words[8];
      std::memcpy(words, data + static_cast<uint64_t>(s) * part + at, sizeof words);
      for (int i = 0; i < 8; ++i) sum[s][i] |= words[i];
    }
  }
  keep(sum);
}

constexpr Compute kCompute[] = {{"f32", "portable", "GFLOP/s", always, 64, f32}};
constexpr Reader kReaders[] = {{"portable", 1, always, read<1>}, {"portable", 4, always, read<4>}};

template <typename T>
std::vector<T> joined(std::span<const T> a, std::span<const T> b) {
  std::vector<T> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

}  // namespace

std::span<const Compute> compute_probes() {
  static const std::vector<Compute> all = joined<Compute>(kCompute, x86_compute_probes());
  return all;
}

std::span<const Reader> readers() {
  static const std::vector<Reader> all = joined<Reader>(kReaders, x86_readers());
  return all;
}

}  // namespace weft::bench
