// A converter that says of no parameter where it comes from.
#include "converter.hpp"

namespace {

constexpr std::string_view kId = "test.converter_maps_nothing";

struct Broken : test_plugin::Llama {
  static void plan(const weft::sdk::Checkpoint&, const weft::sdk::Json&, const std::vector<weft::sdk::Param>&,
                   const weft::sdk::Plan&) {}
};

}  // namespace

using Plugin = test_plugin::OneConverter<kId, Broken>;
WEFT_PLUGIN(Plugin)
