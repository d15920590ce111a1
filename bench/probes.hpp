// Loops that do one thing as fast as one thread can; weft_peaks runs them on all threads at once.
#pragma once

#include <cstdint>
#include <span>

namespace weft::bench {

/// A probe of arithmetic on registers alone.
struct Compute {
  const char* name;  // "f32", "bf16", "int8": the factors of products, whose sums are f32 or int32
  const char* isa;
  const char* unit;  // a multiplication and an addition count as two
  bool (*available)();
  uint64_t operations;  // operations of a round
  void (*run)(uint64_t rounds);
};

/// A probe that reads bytes front to back, as so many streams side by side.
struct Reader {
  const char* isa;
  int streams;
  bool (*available)();
  void (*read)(const unsigned char* data, uint64_t bytes);
};

/// All probes that were compiled; ask `available` before running one.
std::span<const Compute> compute_probes();
std::span<const Reader> readers();

/// The probes of x86; empty on other architectures.
std::span<const Compute> x86_compute_probes();
std::span<const Reader> x86_readers();

/// Keeps a result, and the work that made it, from being optimised away.
inline void keep(const auto& value) { asm volatile("" ::"m"(value) : "memory"); }

}  // namespace weft::bench
