#define WEFT_ISA dotprod_quants
#include "plugins/backends/cpu/isa_quants.hpp"
