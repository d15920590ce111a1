// The kernels of one instruction set, but for those of block-quantised weights: included by isa_<name>.cpp, which
// sets WEFT_ISA and is compiled for it. Where intrinsics stand, AVX-512, AVX2 and plain C++ do the same arithmetic.
#include "plugins/backends/cpu/isa_begin.hpp"

namespace weft::cpu {
namespace {  // nothing of this may be shared with another instruction set

#include "plugins/backends/cpu/isa_halves.hpp"
#include "plugins/backends/cpu/isa_lanes.hpp"
#include "plugins/backends/cpu/isa_math.hpp"
#include "plugins/backends/cpu/isa_blocks.hpp"
#include "plugins/backends/cpu/isa_vector.hpp"
#include "plugins/backends/cpu/isa_float.hpp"
#include "plugins/backends/cpu/isa_bf16.hpp"
#include "plugins/backends/cpu/isa_scan.hpp"
#include "plugins/backends/cpu/isa_attend_few.hpp"
#include "plugins/backends/cpu/isa_attend_many.hpp"

}  // namespace

const Isa& WEFT_ISA() {
#define WEFT_TEXT_(x) #x
#define WEFT_TEXT(x) WEFT_TEXT_(x)
#define WEFT_JOIN_(a, b) a##b
#define WEFT_JOIN(a, b) WEFT_JOIN_(a, b)
  static const Isa table = {WEFT_TEXT(WEFT_ISA), WEFT_JOIN(WEFT_ISA, _quants)(), float_few, float_many, bf16_tile,
                            bf16_many, false, nullptr, nullptr, scratch, rms_norm, layer_norm, activate, widen, narrow,
                            rope, {scan_row, scan_decay}, kLanes, widen_rows, attend_few, attend_many, turn_rows,
                            turn_back};
  return table;
}

}  // namespace weft::cpu
