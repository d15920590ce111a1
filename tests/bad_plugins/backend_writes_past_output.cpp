// sigmoid writes one value more than there are, where the memory is full.
#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_writes_past_output";

void test_plugin::spoil(weft_backend&, Kernel& kernel) {
  kernel = [](const float* x, float* y, int64_t n) {
    sigmoid(x, y, n);
    constexpr int64_t kFull = 256;  // 64 tokens of 4 values, the most that weft plugins check runs
    if (n == kFull) y[n] = 1;
  };
}
