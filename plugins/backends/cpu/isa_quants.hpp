// The kernels of one instruction set for block-quantised weights: included by isa_<name>_quants.cpp, which sets
// WEFT_ISA to <name>_quants and is compiled for it.
#include "plugins/backends/cpu/isa_begin.hpp"

namespace weft::cpu {
namespace {  // nothing of this may be shared with another instruction set

#include "plugins/backends/cpu/isa_halves.hpp"
#include "plugins/backends/cpu/isa_lanes.hpp"
#include "plugins/backends/cpu/isa_blocks.hpp"
#include "plugins/backends/cpu/isa_scales.hpp"
#include "plugins/backends/cpu/isa_formats.hpp"
#include "plugins/backends/cpu/isa_panel.hpp"
#include "plugins/backends/cpu/isa_quantize.hpp"
#include "plugins/backends/cpu/isa_quant.hpp"

}  // namespace

const Quants& WEFT_ISA() {
  static const Quants table = {format, quantize};
  return table;
}

}  // namespace weft::cpu
