// The kernels of one instruction set: included by isa_<name>.cpp, which sets WEFT_ISA and is compiled
// for it. Where intrinsics stand, AVX-512, AVX2 and plain C++ do the same arithmetic.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "plugins/backends/cpu/isa.hpp"
#include "weft/abi/dtype.h"

#if defined(__AVX2__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12's own headers
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#endif

namespace weft::cpu {
namespace {  // nothing of this may be shared with another instruction set

#include "plugins/backends/cpu/isa_halves.hpp"
#include "plugins/backends/cpu/isa_lanes.hpp"
#include "plugins/backends/cpu/isa_math.hpp"
#include "plugins/backends/cpu/isa_scales.hpp"
#include "plugins/backends/cpu/isa_formats.hpp"
#include "plugins/backends/cpu/isa_panel.hpp"
#include "plugins/backends/cpu/isa_quant.hpp"
#include "plugins/backends/cpu/isa_float.hpp"
#include "plugins/backends/cpu/isa_bf16.hpp"
#include "plugins/backends/cpu/isa_vector.hpp"
#include "plugins/backends/cpu/isa_scan.hpp"
#include "plugins/backends/cpu/isa_attend_few.hpp"
#include "plugins/backends/cpu/isa_attend_many.hpp"

}  // namespace

const Isa& WEFT_ISA() {
#define WEFT_TEXT_(x) #x
#define WEFT_TEXT(x) WEFT_TEXT_(x)
  static const Isa table = {WEFT_TEXT(WEFT_ISA), format, quantize, float_few, float_many, bf16_tile, bf16_many, false, scratch,
                            rms_norm, layer_norm, activate,
                            widen, narrow, rope, {scan_row, scan_decay}, kLanes, widen_rows, attend_few, attend_many};
  return table;
}

}  // namespace weft::cpu
