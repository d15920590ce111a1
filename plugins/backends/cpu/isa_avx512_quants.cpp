#define WEFT_ISA avx512_quants
#include "plugins/backends/cpu/isa_quants.hpp"
