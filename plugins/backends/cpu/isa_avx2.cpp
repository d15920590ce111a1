#define WEFT_ISA avx2
#include "plugins/backends/cpu/isa_kernels.hpp"
