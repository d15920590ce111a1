// vit: an image is a row of patches, which an encoder reads as it does words; the last state of the class token is
// classified.
#include <cmath>

#include "weft/blocks/full_attention.hpp"
#include "weft/blocks/labels.hpp"
#include "weft/blocks/linear.hpp"
#include "weft/blocks/mlp.hpp"
#include "weft/sdk/config.hpp"
#include "weft/sdk/family.hpp"

namespace weft::vit {

using namespace sdk;
using blocks::linear;

struct Sides {
  int64_t height = 0, width = 0;
};

/// Both sides from one number, or from [height, width].
Sides read_sides(Config& c, std::string_view key, int64_t fallback, int64_t most) {
  const Json v = c.get(key);
  if (!v.is_array()) {
    const int64_t n = c.integer_or(key, fallback, 1, most);
    return {n, n};
  }
  const auto side = [&](uint64_t i) {
    const Json n = v.at(i);
    if (v.size() != 2 || !n.is_integer() || n.integer() < 1 || n.integer() > most) {
      refuse(c.at(key) + " is not a number or two, each 1 to " + std::to_string(most));
    }
    return n.integer();
  };
  return {side(0), side(1)};
}

struct VitShape {
  Sides image, patch;
  int64_t channels = 0, hidden = 0, inner = 0, layers = 0, heads = 0, labels = 0;
  double eps = 0;
  bool qkv_bias = true;
  blocks::Activation activation = {};

  int64_t rows() const { return image.height / patch.height; }
  int64_t columns() const { return image.width / patch.width; }
  int64_t tokens() const { return 1 + rows() * columns(); }
};

class VisionTransformer final : public Model {
 public:
  explicit VisionTransformer(const VitShape& shape) : s_(shape) {}

  int64_t vocab_size() const override { return 0; }
  int64_t max_context() const override { return s_.tokens(); }
  std::vector<GraphInfo> graphs() const override { return {{"classify", WEFT_ROLE_CLASSIFY_SEQUENCE}}; }

  void build(std::string_view, Graph& g) const override {
    const Scope model = Scope(g) / "vit";
    const Dim S = g.symbol("S"), T = g.mul(S, s_.tokens());
    Tensor pixels = g.input("pixels", WEFT_F32, {S, s_.channels, s_.image.height, s_.image.width});
    Tensor x = embed(model / "embeddings", S, pixels);  // [S, tokens, hidden]
    x = g.reshape(x, {T, s_.hidden});
    for (int64_t i = 0; i < s_.layers; ++i) x = layer(model / "encoder" / "layer" / i, S, T, x);
    x = g.slice(g.reshape(x, {S, s_.tokens(), s_.hidden}), 1, 0, 1);
    x = normed(model / "layernorm", g.reshape(x, {S, s_.hidden}));
    g.output("logits", linear(Scope(g) / "classifier", x, s_.hidden, s_.labels, true));  // [S, labels]
  }

 private:
  Tensor normed(const Scope& scope, Tensor x) const {
    return blocks::norm(scope, x, {blocks::Norm::kLayer, s_.eps, true});
  }

  /// The convolution's stride is its kernel, so that it is a product with every patch.
  Tensor embed(const Scope& scope, Dim S, Tensor pixels) const {
    Graph& g = scope.graph();
    const int64_t rows = s_.rows(), columns = s_.columns(), h = s_.patch.height, w = s_.patch.width,
                  values = s_.channels * h * w;
    if (s_.image.height % h != 0) pixels = g.slice(pixels, 2, 0, rows * h);
    if (s_.image.width % w != 0) pixels = g.slice(pixels, 3, 0, columns * w);
    Tensor x = g.transpose(g.reshape(pixels, {S, s_.channels, rows, h, columns, w}), {0, 2, 4, 1, 3, 5});
    x = g.reshape(x, {g.mul(S, rows * columns), values});
    x = linear(scope / "patch_embeddings" / "projection", x, values, s_.hidden, true);
    x = g.reshape(x, {S, rows * columns, s_.hidden});
    Tensor first =
        g.node("broadcast", {scope.param("cls_token", {1, 1, s_.hidden})}, {Attr::ints("dims", {S, 1, s_.hidden})});
    return g.add(g.concat({first, x}, 1), scope.param("position_embeddings", {1, s_.tokens(), s_.hidden}));
  }

  Tensor layer(const Scope& scope, Dim S, Dim T, Tensor x) const {
    Graph& g = scope.graph();
    x = g.add(x, attend(scope / "attention", S, T, normed(scope / "layernorm_before", x)));
    Tensor y =
        linear(scope / "intermediate" / "dense", normed(scope / "layernorm_after", x), s_.hidden, s_.inner, true);
    return g.add(x,
                 linear(scope / "output" / "dense", blocks::activate(g, s_.activation, y), s_.inner, s_.hidden, true));
  }

  Tensor attend(const Scope& scope, Dim S, Dim T, Tensor x) const {
    Graph& g = scope.graph();
    const int64_t head = s_.hidden / s_.heads;
    const auto project = [&](std::string_view which) {
      Tensor y = linear(scope / "attention" / which, x, s_.hidden, s_.hidden, s_.qkv_bias);
      return g.reshape(y, {S, s_.tokens(), s_.heads, head});
    };
    Tensor y = blocks::full_attention(g, project("query"), project("key"), project("value"),
                                      1 / std::sqrt(static_cast<double>(head)));
    return linear(scope / "output" / "dense", g.reshape(y, {T, s_.hidden}), s_.hidden, s_.hidden, true);
  }

  VitShape s_;
};

struct Vit : Family {
  static constexpr std::string_view kType = "vit";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("vit", json);
    VitShape s;
    s.image = read_sides(c, "image_size", 224, 1 << 14);
    s.patch = read_sides(c, "patch_size", 16, 1 << 10);
    if (s.patch.height > s.image.height || s.patch.width > s.image.width)
      refuse(c.at("patch_size") + " is larger than image_size");
    s.channels = c.integer_or("num_channels", 3, 1, 3);
    if (s.channels == 2) refuse(c.at("num_channels") + " is 2, expected 1 or 3");
    s.hidden = c.integer_or("hidden_size", 768, 1, 1 << 20);
    s.inner = c.integer_or("intermediate_size", 3072, 1, 1 << 24);
    s.layers = c.integer_or("num_hidden_layers", 12, 1, 1 << 12);
    s.heads = c.integer_or("num_attention_heads", 12, 1, 1 << 16);
    if (s.hidden % s.heads != 0) refuse(c.at("hidden_size") + " is not a multiple of num_attention_heads");
    s.eps = c.number_or("layer_norm_eps", 1e-12);
    if (!(s.eps > 0)) refuse(c.at("layer_norm_eps") + " is not positive");
    s.qkv_bias = c.flag_or("qkv_bias", true);
    s.activation = blocks::read_activation(c, "hidden_act", "gelu");
    s.labels = blocks::read_labels(c);
    if (!blocks::may_be(c, "ForImageClassification"))
      refuse(c.at("architectures") + " names no ForImageClassification: there are no labels to tell");
    c.harmless(kCommonHarmlessKeys);
    c.harmless(
        {"encoder_stride", "pooler_act", "pooler_output_size", "hidden_dropout_prob", "attention_probs_dropout_prob"});
    c.finish();
    return std::make_unique<VisionTransformer>(s);
  }

  static Names hf(const Json&) {
    const auto flat = [](Stored s) {  // [hidden, channels, height, width] -> [hidden, all]
      if (s.dims.size() != 4) return s;
      s.dims = {s.dims[0], s.dims[1] * s.dims[2] * s.dims[3]};
      s.value = s.value.reshape(s.dims);
      return s;
    };
    return {.rules = {{"patch_embeddings.projection.weight", "patch_embeddings.projection.weight", flat}},
            .ignored = {{"vit.pooler.", "the class token is classified as it is"},
                        {"vit.embeddings.mask_token", "of training"}}};
  }
};

}  // namespace weft::vit

WEFT_FAMILY("weft.vit", weft::vit::Vit)
