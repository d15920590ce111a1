// The plugin: the family, its converter, and a backend that has a kernel for its op.
#include <weft/sdk/plugin.hpp>

#include "family.hpp"
#include "kernel.hpp"

namespace tutorial {

class Plugin : public weft::sdk::FamilyPlugin<Tutorial> {
 public:
  static constexpr std::string_view kId = "com.example.tutorial", kVersion = "0.1.0", kVendor = "com.example";

  Plugin() {
    // Only nodes with this body come to the kernel: who gives the name to another body does not get this one.
    backend_.kernel(std::string(kSquaredRelu), squared_relu_kernel, {.body = squared_relu_body});
  }
  const void* interface(std::string_view id, uint32_t n) {
    if (id == WEFT_BACKEND_INTERFACE) return n == 0 ? backend_.table() : nullptr;
    return FamilyPlugin::interface(id, n);
  }

 private:
  weft::sdk::Interpreter backend_{"tutorial", "squared_relu and nothing else"};
};

}  // namespace tutorial

WEFT_PLUGIN(tutorial::Plugin)
