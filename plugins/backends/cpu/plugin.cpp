#include <algorithm>
#include <fstream>
#include <string>

#include "plugins/backends/cpu/kernels.hpp"
#include "plugins/backends/host/ops.hpp"
#include "weft/sdk/plugin.hpp"

namespace {

using namespace weft;

#ifdef WEFT_CPU_ARM
constexpr const char* kIsas = "portable, dotprod";
#else
constexpr const char* kIsas = "portable, avx2, avxvnni, avx512, amx";
#endif

/// As the kernel tells it; empty: it does not.
std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.find(": ") + 2, line.size()));
  }
  return "";
}

/// Options: "isa" names one of kIsas, which is used instead of the best that the machine has.
struct Plugin {
  static constexpr std::string_view kId = "weft.cpu", kVersion = "0.1.0", kVendor = "weft";

  explicit Plugin(const sdk::Json& options) {
    for (uint64_t i = 0; i < options.size(); ++i) {
      if (options.key(i) != "isa") sdk::refuse("unknown option \"" + std::string(options.key(i)) + "\", known is isa");
    }
    preferred_ = options["isa"].string();
    choose({});
    host_ops::add_all(backend_);
    cpu::add_matmul(backend_);
    cpu::add_attention(backend_);
    cpu::add_rope(backend_);
    cpu::add_scan(backend_);
    cpu::add_rows(backend_);
    backend_.device_name(processor_name());
    backend_.variants([this](std::string_view variant) { return choose(variant); });
  }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_BACKEND_INTERFACE && n == 0 ? backend_.table() : nullptr;
  }

 private:
  const cpu::Isa* choose(std::string_view variant) const {
    const std::string name(variant.empty() ? std::string_view(preferred_) : variant);
    const cpu::Isa* isa = cpu::choose(name);
    if (isa == nullptr) {
      sdk::fail(WEFT_NOT_FOUND, "cpu: no instruction set \"" + name + "\" on this machine; there are " + kIsas);
    }
    return isa;
  }

  std::string preferred_;
  sdk::Interpreter backend_{"cpu", "host memory, kernels for the machine's instruction set"};
};

}  // namespace

WEFT_PLUGIN(Plugin)
