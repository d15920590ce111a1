// What all kernels of an instruction set include first.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "plugins/backends/cpu/isa.hpp"
#include "weft/abi/dtype.h"

#if defined(__AVX2__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12's own headers
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#elif defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#endif
