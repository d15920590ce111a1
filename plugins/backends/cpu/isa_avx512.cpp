#define WEFT_ISA avx512
#include "plugins/backends/cpu/isa_kernels.hpp"
