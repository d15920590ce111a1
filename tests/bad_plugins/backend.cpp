#include "backend.hpp"

#include <cmath>

#include "weft/sdk/interpreter.hpp"
#include "weft/sdk/plugin.hpp"

namespace test_plugin {

void sigmoid(const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = 1 / (1 + std::exp(-x[i]));
}

struct BadBackend {
  static const std::string_view &kId, kVersion, kVendor;

  explicit BadBackend(const weft::sdk::Json& options) {
    if (options.size() > 0) weft::sdk::refuse("unknown option " + std::string(options.key(0)));
    table_ = *interpreter_.table();
    spoil(table_, kernel_);
    interpreter_.kernel("sigmoid", [this](weft::sdk::Call& call) {
      kernel_(call.in[0].f32(), call.out[0].f32(), call.out[0].size());
    });
  }
  BadBackend(const BadBackend&) = delete;
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_BACKEND_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  Kernel kernel_ = sigmoid;
  weft::sdk::Interpreter interpreter_{std::string(kBackendId), "one kernel"};
  weft_backend table_{};
};
const std::string_view& BadBackend::kId = kBackendId;
const std::string_view BadBackend::kVersion = "1.0.0", BadBackend::kVendor = "tests";

}  // namespace test_plugin

WEFT_PLUGIN(test_plugin::BadBackend)
