// sigmoid is wrong for numbers below 0.
#include <algorithm>
#include <cmath>
#include <vector>

#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_wrong";

void test_plugin::spoil(weft_backend&, Kernel& kernel) {
  kernel = [](const float* x, float* y, int64_t n) {
    std::vector<float> sizes(x, x + n);
    for (float& v : sizes) v = std::abs(v);
    sigmoid(sizes.data(), y, n);
  };
}
