#include "models/llama/converters.hpp"
#include "models/llama/llama.hpp"
#include "weft/sdk/plugin.hpp"

namespace {

using namespace weft;

struct Plugin {
  static constexpr std::string_view kId = "weft.llama", kVersion = "0.1.0", kVendor = "weft";
  explicit Plugin(const sdk::Json&) {}

  const void* interface(std::string_view id, uint32_t n) {
    if (n >= 2) return nullptr;
    if (id == WEFT_ARCHITECTURE_INTERFACE) return &architectures_[n];
    if (id == WEFT_CONVERTER_INTERFACE) return &converters_[n];
    return nullptr;
  }

 private:
  const weft_architecture architectures_[2] = {sdk::architecture_table<&llama::make_llama>("llama"),
                                               sdk::architecture_table<&llama::make_mistral>("mistral")};
  const weft_converter converters_[2] = {sdk::converter_table<llama::HuggingFace>("llama.hf"),
                                         sdk::converter_table<llama::Gguf>("llama.gguf")};
};

}  // namespace

WEFT_PLUGIN(Plugin)
