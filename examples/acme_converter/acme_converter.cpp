// From Acme's checkpoints to its blueprint: they store q, k and v as one matrix, and `down` transposed.
#include <weft/sdk/converter.hpp>
#include <weft/sdk/plugin.hpp>

namespace {

using namespace weft;
using sdk::Expression;

struct AcmeCheckpoint {
  static uint32_t probe(const sdk::Checkpoint& c) {
    return c.json_file("config.json")["model_type"].string() == "acme_lm" ? 100 : 0;
  }
  /// Says the type; the config is the checkpoint's config.json as it is.
  static sdk::Identity identify(const sdk::Checkpoint&) { return {"acme_lm", ""}; }

  static void plan(const sdk::Checkpoint&, const sdk::Json& config, const std::vector<sdk::Param>&,
                   const sdk::Plan& plan) {
    const int64_t heads = config["heads"].integer(), width = config["width"].integer();
    const int64_t kv_width = width / heads * (config["kv_heads"].absent() ? heads : config["kv_heads"].integer());
    plan.map("embed.weight", plan.stored("tok"));
    plan.map("norm.weight", plan.stored("out_norm"));
    for (int64_t i = 0; i < config["depth"].integer(); ++i) {
      const std::string from = "blk" + std::to_string(i) + ".", to = "blocks." + std::to_string(i) + ".";
      const Expression qkv = plan.stored(from + "qkv");  // [width + 2 kv_width, width]
      plan.map(to + "attention.q_proj.weight", qkv.slice(0, 0, width));
      plan.map(to + "attention.k_proj.weight", qkv.slice(0, width, kv_width));
      plan.map(to + "attention.v_proj.weight", qkv.slice(0, width + kv_width, kv_width));
      plan.map(to + "attention.o_proj.weight", plan.stored(from + "out"));
      plan.map(to + "norm.weight", plan.stored(from + "norm"));
      plan.map(to + "up.weight", plan.stored(from + "up"));
      plan.map(to + "down.weight", plan.stored(from + "down").transpose());
    }
  }
};

struct Plugin {
  static constexpr std::string_view kId = "com.acme.converter", kVersion = "0.1.0", kVendor = "Acme";

  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_CONVERTER_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_converter table_ = sdk::converter_table<AcmeCheckpoint>("acme.hf");
};

}  // namespace

WEFT_PLUGIN(Plugin)
