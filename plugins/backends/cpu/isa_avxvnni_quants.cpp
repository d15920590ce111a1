#define WEFT_ISA avxvnni_quants
#include "plugins/backends/cpu/isa_quants.hpp"
