#include "plugins/backends/cpu/isa.hpp"

namespace weft::cpu {
namespace {

#ifdef WEFT_CPU_X86
// __builtin_cpu_supports asks XGETBV too: what the system does not save does not count.
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"); }
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16");
}
#endif

}  // namespace

const Isa* choose(std::string_view name) {
  const bool any = name.empty();
#ifdef WEFT_CPU_X86
  __builtin_cpu_init();
  if ((any || name == "avx512") && has_avx512()) return &avx512();
  if ((any || name == "avx2") && has_avx2()) return &avx2();
#endif
  return any || name == "portable" ? &portable() : nullptr;
}

}  // namespace weft::cpu
