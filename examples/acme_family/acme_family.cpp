// A blueprint for a model that weft has never heard of: attention and an ungated MLP with squared
// ReLU, side by side under one norm; the head is the embedding.
#include <weft/blocks/attention.hpp>
#include <weft/sdk/architecture.hpp>
#include <weft/sdk/config.hpp>
#include <weft/sdk/plugin.hpp>

namespace {

using namespace weft;
using sdk::Graph;
using sdk::Scope;
using sdk::Tensor;

class AcmeLM : public sdk::Model {
 public:
  explicit AcmeLM(sdk::Config c)
      : vocab_(c.integer("vocab")), width_(c.integer("width")), depth_(c.integer("depth")), inner_(c.integer("inner")),
        context_(c.integer("context")), eps_(c.number_or("eps", 1e-5)) {
    const int64_t heads = c.integer("heads"), head_dim = width_ / heads;
    if (width_ % heads != 0 || head_dim % 2 != 0) sdk::refuse(c.at("heads") + " does not divide width into even parts");
    attention_ = {.hidden = width_, .heads = heads, .kv_heads = c.integer_or("kv_heads", heads), .head_dim = head_dim};
    attention_.rule.scale = 1 / std::sqrt(static_cast<double>(head_dim));
    rope_ = blocks::read_rope(c, head_dim, 10000, context_);
    c.harmless(sdk::kCommonHarmlessKeys);
    c.finish();
  }
  int64_t vocab_size() const override { return vocab_; }
  int64_t max_context() const override { return context_; }

  void build(std::string_view, Graph& g) const override {
    const blocks::TokenAxis axis(g);
    uint32_t kv = 0;
    const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &kv);
    const blocks::RopeAngles angles = blocks::rope_angles(g, axis, rope_, {group.len});
    const Scope model(g);
    Tensor embeddings = (model / "embed").param("weight", {vocab_, width_});
    Tensor x = g.gather(embeddings, g.input("tokens", WEFT_I32, {axis.T}));  // [T, width]
    for (int64_t i = 0; i < depth_; ++i) {
      const Scope block = model / "blocks" / i;
      Tensor h = norm(block / "norm", x);
      Tensor a = blocks::attention(block / "attention", axis, group, kv, "blocks." + std::to_string(i), h, &angles,
                                   rope_, attention_);
      Tensor up = g.max(blocks::linear(block / "up", h, width_, inner_, false), g.scalar(0, 2));  // [T, inner]
      Tensor m = blocks::linear(block / "down", g.mul(up, up), inner_, width_, false);
      x = g.add(x, g.add(a, m));
    }
    x = norm(model / "norm", blocks::wanted_rows(g, x));  // [R, width]
    g.output("logits", g.matmul(x, embeddings, true));    // [R, vocab]
  }

 private:
  Tensor norm(const Scope& scope, Tensor x) const {
    return blocks::rms_norm(scope.graph(), x, scope.param("weight", {width_}), eps_);
  }

  int64_t vocab_, width_, depth_, inner_, context_;
  double eps_;
  blocks::AttentionShape attention_;
  blocks::Rope rope_;
};

std::unique_ptr<sdk::Model> make(const sdk::Json& config, int64_t) {
  return std::make_unique<AcmeLM>(sdk::Config("acme_lm", config));
}

struct Plugin {
  static constexpr std::string_view kId = "com.acme.family", kVersion = "0.1.0", kVendor = "Acme";

  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_ARCHITECTURE_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_architecture table_ = sdk::architecture_table<&make>("acme_lm");
};

}  // namespace

WEFT_PLUGIN(Plugin)
