#include "plugins/backends/cpu/isa.hpp"

#if defined(WEFT_CPU_ARM) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#if defined(WEFT_CPU_X86) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace weft::cpu {
namespace {

#ifdef WEFT_CPU_EMULATED
constexpr bool kEmulated = true;  // AVX-512 and AMX: there when named
#else
constexpr bool kEmulated = false;
#endif

#ifdef WEFT_CPU_X86
// __builtin_cpu_supports asks XGETBV too: what the system does not save does not count.
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
bool has_avxvnni() { return has_avx2() && __builtin_cpu_supports("avxvnni"); }
bool has_avx512() {
  if (kEmulated) return has_avx2();
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16");
}

/// AMX in bf16 and int8: the processor's word, then the system's leave to use the tiles, which it gives a
/// process that asks.
bool has_amx() {
#if defined(__linux__)
  if (kEmulated) return has_avx512();
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!has_avx512() || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned kBf16 = 1u << 22, kTiles = 1u << 24, kInt8 = 1u << 25, kAll = kBf16 | kTiles | kInt8;
  if ((d & kAll) != kAll) return false;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  static const bool allowed = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return allowed;
#else
  return false;
#endif
}
#endif

#ifdef WEFT_CPU_ARM
bool has_dotprod() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
  return false;
#endif
}
#endif

#ifdef WEFT_CPU_X86
/// avx512 as it is fastest on this processor: Intel's multiply bf16 in AVX-512 at half the rate of f32 (measured on
/// Sapphire Rapids: 195 to 397 GFLOP/s).
const Isa& fastest_avx512() {
  static const Isa without_bf16 = [] {
    Isa isa = avx512();
    isa.bf16_tile = nullptr, isa.bf16_many = nullptr;
    return isa;
  }();
  return __builtin_cpu_is("intel") ? without_bf16 : avx512();
}
#endif

/// `base` with what another instruction set has for block-quantised weights.
[[maybe_unused]] Isa with_quants(const Isa& base, const char* name, const Quants& quants) {
  Isa isa = base;
  isa.name = name, isa.quants = quants;
  return isa;
}

}  // namespace

#ifdef WEFT_CPU_X86
const Isa& avxvnni() {
  static const Isa table = with_quants(avx2(), "avxvnni", avxvnni_quants());
  return table;
}
#endif
#ifdef WEFT_CPU_ARM
const Isa& dotprod() {
  static const Isa table = with_quants(portable(), "dotprod", dotprod_quants());
  return table;
}
#endif

const Isa* choose(std::string_view name) {
  const bool any = name.empty();
#ifdef WEFT_CPU_X86
  __builtin_cpu_init();
  if (((any && !kEmulated) || name == "amx") && has_amx()) return &amx();
  if (name == "avx512" && has_avx512()) return &avx512();  // whole, as tests want it
  if (any && !kEmulated && has_avx512()) return &fastest_avx512();
  if ((any || name == "avxvnni") && has_avxvnni()) return &avxvnni();
  if ((any || name == "avx2") && has_avx2()) return &avx2();
#endif
#ifdef WEFT_CPU_ARM
  if ((any || name == "dotprod") && has_dotprod()) return &dotprod();
#endif
  return any || name == "portable" ? &portable() : nullptr;
}

}  // namespace weft::cpu
