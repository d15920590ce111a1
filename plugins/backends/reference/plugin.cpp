// The executable specification: the ops of plugins/backends/host and nothing else.
#include "plugins/backends/host/ops.hpp"
#include "weft/sdk/plugin.hpp"

namespace {

struct Plugin {
  static constexpr std::string_view kId = "weft.reference", kVersion = "0.1.0", kVendor = "weft";

  Plugin() { weft::host_ops::add_all(backend_); }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_BACKEND_INTERFACE && n == 0 ? backend_.table() : nullptr;
  }

 private:
  weft::sdk::Interpreter backend_{"reference", "host memory, f32, written to be read"};
};

}  // namespace

WEFT_PLUGIN(Plugin)
