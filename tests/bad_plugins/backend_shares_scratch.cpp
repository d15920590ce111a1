// All instances note in one place what they work on, which threads overwrite.
#include <atomic>
#include <chrono>
#include <thread>

#include "backend.hpp"

const std::string_view test_plugin::kBackendId = "test.backend_shares_scratch";

void test_plugin::spoil(weft_backend&, Kernel& kernel) {
  kernel = [](const float* x, float* y, int64_t n) {
    static std::atomic<int> runs{0}, running{0};
    const int own = ++runs;
    running = own;
    sigmoid(x, y, n);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    if (running != own) y[0] = -1;
  };
}
