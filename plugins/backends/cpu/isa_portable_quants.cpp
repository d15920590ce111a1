#define WEFT_ISA portable_quants
#include "plugins/backends/cpu/isa_quants.hpp"
