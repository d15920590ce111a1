#define WEFT_ISA portable
#include "plugins/backends/cpu/isa_kernels.hpp"
