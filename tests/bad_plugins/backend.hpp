// A backend that is good but for what spoil() breaks. backend.cpp is compiled once for all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "weft/abi/backend.h"

namespace test_plugin {

extern const std::string_view kBackendId;

/// The backend's only kernel, sigmoid: n values from x to y.
using Kernel = std::function<void(const float* x, float* y, int64_t n)>;
void sigmoid(const float* x, float* y, int64_t n);

/// Breaks the table, or the kernel.
void spoil(weft_backend& table, Kernel& kernel);

}  // namespace test_plugin
