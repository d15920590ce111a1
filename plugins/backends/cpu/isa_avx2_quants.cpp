#define WEFT_ISA avx2_quants
#include "plugins/backends/cpu/isa_quants.hpp"
