// A converter that takes every checkpoint for its own.
#include "converter.hpp"

namespace {

constexpr std::string_view kId = "test.converter_claims_all";

struct Broken : test_plugin::Llama {
  static uint32_t probe(const weft::sdk::Checkpoint&) { return 50; }
};

}  // namespace

using Plugin = test_plugin::OneConverter<kId, Broken>;
WEFT_PLUGIN(Plugin)
