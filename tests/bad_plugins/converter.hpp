// A converter of llama's checkpoints that is good but for what a test replaces in its table.
#pragma once

#include "weft/sdk/converter.hpp"
#include "weft/sdk/plugin.hpp"

namespace test_plugin {

struct Llama {
  static uint32_t probe(const weft::sdk::Checkpoint& c) {
    return c.json_file("config.json")["model_type"].string() == "llama" ? 100 : 0;
  }
  static weft::sdk::Identity identify(const weft::sdk::Checkpoint&) { return {"llama", ""}; }
  static void plan(const weft::sdk::Checkpoint&, const weft::sdk::Json&, const std::vector<weft::sdk::Param>& params,
                   const weft::sdk::Plan& plan) {
    for (const weft::sdk::Param& p : params) plan.map(p.name, plan.stored(p.name));
  }
};

/// A plugin with one converter, which is called like it.
template <const std::string_view& kName, class Converter>
struct OneConverter {
  static constexpr std::string_view kId = kName, kVersion = "1.0.0", kVendor = "tests";
  explicit OneConverter(const weft::sdk::Json& options) {
    if (options.size() > 0) weft::sdk::refuse("unknown option " + std::string(options.key(0)));
  }
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_CONVERTER_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_converter table_ = weft::sdk::converter_table<Converter>(kName);
};

}  // namespace test_plugin
