#include "models/llama/converters.hpp"
#include "models/llama/llama.hpp"
#include "weft/sdk/plugin.hpp"

namespace {

using namespace weft;

struct Plugin {
  static constexpr std::string_view kId = "weft.llama", kVersion = "0.1.0", kVendor = "weft";
  explicit Plugin(const sdk::Json&) {}

  const void* interface(std::string_view id, uint32_t n) {
    static const weft_architecture architectures[] = {sdk::architecture_table<&llama::make_llama>("llama"),
                                                      sdk::architecture_table<&llama::make_mistral>("mistral")};
    static const weft_converter converters[] = {sdk::converter_table<llama::HuggingFace>("llama.hf"),
                                                sdk::converter_table<llama::Gguf>("llama.gguf")};
    if (n >= 2) return nullptr;
    if (id == WEFT_ARCHITECTURE_INTERFACE) return &architectures[n];
    if (id == WEFT_CONVERTER_INTERFACE) return &converters[n];
    return nullptr;
  }
};

}  // namespace

WEFT_PLUGIN(Plugin)
