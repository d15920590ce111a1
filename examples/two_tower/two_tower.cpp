// A model of two graphs: one makes embeddings of a picture's patches, the other takes them among its tokens. Each token
// has a row and a column, and the tokens of a picture see each other.
#include <weft/blocks/attention.hpp>
#include <weft/sdk/family.hpp>

namespace {

using namespace weft;
using sdk::Dim, sdk::Graph, sdk::Scope, sdk::Tensor;

constexpr int64_t kMostPatches = 64, kPatch = 12, kSide = 16;  // of a picture; values of a patch; rows and columns

class TwoTower final : public sdk::Model {
 public:
  explicit TwoTower(sdk::Config c)
      : vocab_(c.integer("vocab_size", 1, 1 << 20)), hidden_(c.integer("hidden_size", 1, 1 << 16)),
        layers_(c.integer("num_hidden_layers", 1, 1 << 10)), context_(c.integer("max_position_embeddings")) {
    const int64_t heads = c.integer("num_attention_heads", 1, 1 << 10);
    if (hidden_ % heads != 0) sdk::refuse(c.at("num_attention_heads") + " does not divide hidden_size");
    attention_ = {.hidden = hidden_, .heads = heads, .kv_heads = heads, .head_dim = hidden_ / heads};
    attention_.rule.scale = 1 / std::sqrt(static_cast<double>(attention_.head_dim));
    c.harmless(sdk::kCommonHarmlessKeys);
    c.finish();
  }
  int64_t vocab_size() const override { return vocab_; }
  int64_t max_context() const override { return context_; }
  std::vector<sdk::GraphInfo> graphs() const override {
    return {{"step", WEFT_ROLE_PREDICT_TOKENS}, {"look", WEFT_ROLE_EMBED_IMAGE}};
  }

  void build(std::string_view graph, Graph& g) const override { graph == "look" ? look(g) : step(g); }

 private:
  /// patches f32 [patches, kPatch] -> embeddings [patches / 2, hidden]: two neighbours make one, a last one is left
  /// out where their number is odd.
  void look(Graph& g) const {
    const Scope tower = Scope(g) / "tower";
    const Dim patches = g.symbol("patches", kMostPatches), pairs = g.div(patches, 2);
    Tensor x = blocks::linear(tower / "patch", g.input("patches", WEFT_F32, {patches, kPatch}), kPatch, hidden_, true);
    x = g.reshape(g.slice(g.tanh(x), 0, 0, g.mul(pairs, 2)), {pairs, 2 * hidden_});
    g.output("embeddings", blocks::linear(tower / "merge", x, 2 * hidden_, hidden_, true));
  }

  /// Inputs beside tokens: embeddings f32 [T, hidden], taken in place of a token's own where embedded i32 [T] is 1;
  /// positions i32 [T, 2], a row and a column below kSide; ahead i32 [T], how many tokens after itself a token sees.
  void step(Graph& g) const {
    const blocks::TokenAxis axis(g, 2);
    uint32_t kv = 0;
    const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &kv);
    const Scope model = Scope(g) / "model";
    Tensor table = (model / "embed").param("weight", {vocab_, hidden_});
    Tensor own = g.gather(table, g.input("tokens", WEFT_I32, {axis.T}));  // [T, hidden]
    Tensor embedded = g.reshape(g.input("embedded", WEFT_I32, {axis.T}), {axis.T, 1});
    embedded = g.compare(sdk::Compare::kNe, embedded, g.scalar_i32(0, 2));
    Tensor x = g.select(embedded, g.input("embeddings", WEFT_F32, {axis.T, hidden_}), own);
    for (int64_t i = 0; i < 2; ++i) {
      Tensor at = g.reshape(g.slice(axis.positions, 1, i, 1), {axis.T});
      at = g.min(at, g.scalar_i32(kSide - 1, 1));
      x = g.add(x, g.gather((model / (i == 0 ? "rows" : "columns")).param("weight", {kSide, hidden_}), at));
    }
    blocks::AttentionShape shape = attention_;
    shape.ahead = g.input("ahead", WEFT_I32, {axis.T});
    for (int64_t i = 0; i < layers_; ++i) {
      const Scope layer = model / "layers" / i;
      Tensor h = blocks::norm(layer / "norm", x, norm_);
      x = g.add(x, blocks::attention(layer / "attention", axis, group, kv, "layers." + std::to_string(i), h, nullptr,
                                     {}, shape));
      x = g.add(x, blocks::linear(layer / "mix", g.tanh(x), hidden_, hidden_, true));
    }
    x = blocks::norm(model / "norm", blocks::wanted_rows(g, x), norm_);  // [R, hidden]
    g.output("logits", g.matmul(x, table, true));                        // [R, vocab]
  }

  int64_t vocab_, hidden_, layers_, context_;
  blocks::AttentionShape attention_;
  const blocks::Norm norm_{blocks::Norm::kRms, 1e-5};
};

struct Acme : sdk::Family {
  static constexpr std::string_view kType = "acme_two_tower";
  static std::unique_ptr<sdk::Model> make(const sdk::Json& config, int64_t) {
    return std::make_unique<TwoTower>(sdk::Config("acme_two_tower", config));
  }
};

}  // namespace

WEFT_FAMILY("com.acme.two_tower", Acme)
