// A converter that scores more than there is.
#include "converter.hpp"

namespace {

constexpr std::string_view kId = "test.converter_scores_high";

struct Broken : test_plugin::Llama {
  static uint32_t probe(const weft::sdk::Checkpoint&) { return 250; }
};

}  // namespace

using Plugin = test_plugin::OneConverter<kId, Broken>;
WEFT_PLUGIN(Plugin)
