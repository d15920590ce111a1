// A converter: from checkpoints of one kind to a blueprint that is there already, here llama. It says which checkpoints
// are its own, what their config is in the blueprint's words, and which tensors the parameters are made of.
//
// To fill in:  1. `probe`: how the checkpoints are recognised
//              2. `identify`: the blueprint, and its config
//              3. `plan`: where each parameter comes from; Expression (weft/sdk/converter.hpp) slices, joins and turns
#include <weft/sdk/converter.hpp>
#include <weft/sdk/json_writer.hpp>
#include <weft/sdk/plugin.hpp>

namespace {

using namespace weft::sdk;

struct Converter {
  /// 0: the checkpoint is not this converter's. The converter with the highest score, 100 at most, gets it.
  static uint32_t probe(const Checkpoint& c) {
    return c.json_file("config.json")["model_type"].string() == "@NAME@" ? 100 : 0;
  }

  /// The architecture's id, and its config as JSON text; "": the checkpoint's config.json as it is.
  static Identity identify(const Checkpoint& c) {
    const Json from = c.json_file("config.json");
    JsonObject config;
    for (uint64_t i = 0; i < from.size(); ++i) {
      if (from.key(i) != "model_type") config.raw(from.key(i), json_text(from.at(i)));
    }
    return {"llama", config.set("model_type", "llama").text()};
  }

  /// Every parameter is mapped once; every tensor of the checkpoint is used, or ignored with a reason. weft inspect
  /// lists the parameters. These checkpoints call each as llama does, behind "net.".
  static void plan(const Checkpoint&, const Json&, const std::vector<Param>& params, const Plan& plan) {
    for (const Param& p : params) plan.map(p.name, plan.stored("net." + p.name));
  }
};

struct Plugin {
  static constexpr std::string_view kId = "@ID@", kVersion = "0.1.0", kVendor = "@VENDOR@";

  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_CONVERTER_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_converter table_ = converter_table<Converter>("@NAME@.hf");
};

}  // namespace

WEFT_PLUGIN(Plugin)
