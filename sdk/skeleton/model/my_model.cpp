// A family: a blueprint (the graph that a config describes) and a converter (which tensors of a checkpoint the
// parameters are). This model looks at single tokens: logits = embed[token] head^T.
//
// To fill in:  1. kId, kVendor and the names "skeleton_lm" and "skeleton.hf", here and in CMakeLists.txt
//              2. SkeletonLM: the config keys and `build`; parts to build from are in weft/blocks
//              3. SkeletonCheckpoint: how checkpoints are recognised and what their tensors are called
#include <weft/blocks/linear.hpp>
#include <weft/blocks/tokens.hpp>
#include <weft/sdk/architecture.hpp>
#include <weft/sdk/config.hpp>
#include <weft/sdk/converter.hpp>
#include <weft/sdk/plugin.hpp>

namespace {

using namespace weft;
using sdk::Graph;
using sdk::Scope;
using sdk::Tensor;

class SkeletonLM : public sdk::Model {
 public:
  /// Config refuses a key of the wrong type by name, and `finish` warns of keys that nobody has read.
  explicit SkeletonLM(sdk::Config c)
      : vocab_(c.integer("vocab")), width_(c.integer("width")), context_(c.integer("context")) {
    c.harmless(sdk::kCommonHarmlessKeys);
    c.finish();
  }
  int64_t vocab_size() const override { return vocab_; }
  int64_t max_context() const override { return context_; }

  /// Writes one step: T new tokens of all sequences on one axis, and the logits of the R wanted rows.
  /// The core infers and checks shapes; write them down all the same.
  void build(std::string_view, Graph& g) const override {
    const Scope model(g);
    Tensor embeddings = (model / "embed").param("weight", {vocab_, width_});
    Tensor x = g.gather(embeddings, g.input("tokens", WEFT_I32, {g.symbol("T")}));  // [T, width]
    // Layers go here: blocks::attention, blocks::rms_norm, ... examples/acme_family shows them.
    x = blocks::wanted_rows(g, x);                                                      // [R, width]
    g.output("logits", blocks::linear(model / "head", x, width_, vocab_, false));  // [R, vocab]
  }

 private:
  int64_t vocab_, width_, context_;
};

std::unique_ptr<sdk::Model> make(const sdk::Json& config, int64_t) {
  return std::make_unique<SkeletonLM>(sdk::Config("skeleton_lm", config));
}

struct SkeletonCheckpoint {
  /// 0: the checkpoint is not this converter's. The converter with the highest score gets it.
  static uint32_t probe(const sdk::Checkpoint& c) {
    return c.json_file("config.json")["model_type"].string() == "skeleton_lm" ? 100 : 0;
  }
  /// The architecture's id, and its config as JSON text; empty: the checkpoint's config.json as it is.
  static sdk::Identity identify(const sdk::Checkpoint&) { return {"skeleton_lm", ""}; }
  /// Every parameter is mapped once; every tensor of the checkpoint is used, or ignored with a reason.
  static void plan(const sdk::Checkpoint&, const sdk::Json&, const std::vector<sdk::Param>&, const sdk::Plan& plan) {
    plan.map("embed.weight", plan.stored("embedding"));
    plan.map("head.weight", plan.stored("head"));  // .slice(), .transpose(), ...: if it is stored otherwise
  }
};

struct Plugin {
  static constexpr std::string_view kId = "com.example.model", kVersion = "0.1.0", kVendor = "Example";
  explicit Plugin(const sdk::Json&) {}
  const void* interface(std::string_view id, uint32_t n) {
    if (n != 0) return nullptr;
    return id == WEFT_ARCHITECTURE_INTERFACE ? static_cast<const void*>(&blueprint_)
           : id == WEFT_CONVERTER_INTERFACE  ? &converter_
                                             : nullptr;
  }

 private:
  const weft_architecture blueprint_ = sdk::architecture_table<&make>("skeleton_lm");
  const weft_converter converter_ = sdk::converter_table<SkeletonCheckpoint>("skeleton.hf");
};

}  // namespace

WEFT_PLUGIN(Plugin)
