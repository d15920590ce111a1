// Every backend of the list has kernels for all ops, so that nothing runs elsewhere.
#include <set>

#include "tests/conformance/conformance.hpp"
#include "weft/blocks/delta.hpp"
#include "weft/blocks/mlp.hpp"
#include "weft/blocks/paged_attention.hpp"
#include "weft/blocks/ragged_attention.hpp"
#include "weft/blocks/rope.hpp"
#include "weft/sdk/call.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Kernels);

/// One node of each primitive.
Tensors every_primitive(Graph& g, const Tensors&) {
  using sdk::Compare;
  using sdk::Reduce;
  const Tensor x = g.constant(Floats{1, 2, 3, 4}, {2, 2}), i = g.constant(Ints{0, 1}, {2}),
               cube = g.constant(Floats{1, 2}, {1, 2, 1});
  Tensors results;
  for (const char* op : {"neg", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "sin", "cos", "tanh", "sigmoid", "erf",
                         "floor", "round"}) {
    results.push_back(g.unary(op, x));
  }
  for (const char* op : {"add", "sub", "mul", "div", "min", "max", "pow"}) results.push_back(g.node(op, {x, x}, {}));
  const Tensor mask = g.compare(Compare::kEq, x, x);
  const Tensors more = {
      mask,
      g.select(mask, x, x),
      g.cast(x, WEFT_I32),
      g.reduce(Reduce::kSum, x, 0),
      g.node("cumsum", {x}, {Attr::i64("axis", 0)}),
      g.top_k(x, 1)[0],
      g.reshape(x, {4}),
      g.transpose(x, {1, 0}),
      g.node("broadcast", {cube}, {Attr::ints("dims", {3, 2, 1})}),
      g.concat({x, x}, 0),
      g.slice(x, 0, 0, 1),
      g.node("pad", {x}, {Attr::i64("axis", 0), Attr::i64("before", 1), Attr::i64("after", 0)}),
      g.iota({2}, 0),
      g.gather(x, i),
      g.scatter(x, i, x),
      g.matmul(x, x),
      g.node("matmul_id", {cube, g.constant(Floats{1}, {1, 1, 1}), g.constant(Ints{0, 0}, {1, 2})}, {}),
      g.conv(cube, cube, {})};
  results.insert(results.end(), more.begin(), more.end());
  uint32_t id = 0;
  const weft_group group = g.group("ssm", WEFT_GROUP_SLOT, 0, &id);
  const Tensor xs = g.input("xs", WEFT_F32, {g.symbol("T")}),
               start = g.input("seq_start", WEFT_I32, {g.add(g.symbol("S"), 1)});
  const Tensors scanned = g.scan(group, start, {g.state("h", id, {})}, {xs}, {}, false, [&](const Tensors& v) {
    const Tensor h = g.add(v[0], v[1]);
    return Tensors{h, g.mul(h, h)};
  });
  results.push_back(scanned[1]);
  return results;
}

/// One node of each composite that the SDK's blocks write.
Tensors every_composite(Graph& g, const Tensors&) {
  const blocks::Step step(g, {0}, true, {});
  const blocks::TokenAxis& axis = step.axis;
  const auto& [group, id] = step.paged.at(0);
  const Tensor x = g.input("x", WEFT_F32, {axis.T, 2}), q = g.input("q", WEFT_F32, {axis.T, 1, 2}),
               angle = g.input("angle", WEFT_F32, {axis.T, 1});
  const Tensor k = g.state("k", id, {1, 2}), v = g.state("v", id, {1, 2});
  const Tensor ones = g.constant(Floats{1, 1}, {2});
  return {blocks::rms_norm(g, x, ones, 1e-6), blocks::layer_norm(g, x, ones, {}, 1e-6), blocks::softmax(g, x),
          blocks::activate(g, blocks::Activation::kRelu, x),
          blocks::apply_rope(g, q, {angle, angle}, {.rotated = 2}),
          blocks::gated_mlp(sdk::Scope(g), x, 2, 3, blocks::Activation::kSilu, false),
          blocks::linear(sdk::Scope(g) / "affine", x, 2, 3, true),
          blocks::ragged_attention(g, axis, q, q, q, {}, {}),
          blocks::paged_attention(g, axis, group, q, k, v, {}, {}),
          blocks::paged_attention(g, axis, group, q, k, v, {}, {}, {}, g.constant(Floats{1, 2, 3}, {1, 3})),
          blocks::causal_conv(step, "conv", x, g.constant(Floats{1, 1, 1, 1}, {2, 2}), {}),
          blocks::selective_scan(step, "ssm", {q, angle, g.constant(Floats{-1}, {1, 1}), q, q, {}}),
          blocks::weighted_mean(step, "mean", x, x, g.constant(Floats{-1, -2}, {2}), g.constant(Floats{0, 1}, {2})),
          blocks::gated_delta(step, "delta", q, q, q, angle, angle)};
}

std::set<std::string> supported(const std::string& backend, const Write& write) {
  const auto all = verdicts(backend, {}, write);
  EXPECT_TRUE(all.ok()) << all.status().message();
  std::set<std::string> ops;
  if (!all.ok()) return ops;
  for (const auto& [op, verdict] : *all) {
    if (verdict) ops.insert(op);
  }
  return ops;
}

TEST(Call, Integers_come_as_they_are_and_sizes_with_their_symbol_looked_up) {
  const std::vector<sdk::StoredAttr> attrs = {
      {"minus", "", {-1}, {}}, {"far", "", {-1000}, {}}, {"many", "", {-2, 3}, {}}, {"plain", "", {5}, {}}};
  const std::vector<int64_t> sizes = {7};
  sdk::Call call;
  call.attrs = &attrs, call.sizes = &sizes;
  EXPECT_EQ(call.integer("minus", 0), -1);
  EXPECT_EQ(call.integer("far", 0), -1000);
  EXPECT_EQ(call.list("many"), (std::vector<int64_t>{-2, 3}));
  EXPECT_EQ(call.size("minus", 0), 7);
  EXPECT_EQ(call.size("plain", 0), 5);
  EXPECT_EQ(call.size("none", 4), 4);
  EXPECT_THROW(call.size("far", 0), sdk::Error);
}

TEST(WeightStore, Parameters_share_memory_where_their_whole_keys_are_equal) {
  struct Two {
    float values[2][1] = {{1}, {2}};
    uint64_t keys[2][2] = {};
  } two;
  const auto stored = [&](uint64_t first, uint64_t second) {
    two.keys[0][0] = two.keys[1][0] = first != 0 ? 9 : 0;
    two.keys[0][1] = first, two.keys[1][1] = second;
    weft_params params{};
    params.hdr = WEFT_HDR(weft_params, order), params.ctx = &two, params.count = 2;
    params.info = [](void* ctx, uint64_t i, weft_param* out) -> weft_status* {
      out->dtype = WEFT_F32, out->rows = 1, out->row_elems = 1;
      std::copy_n(static_cast<Two*>(ctx)->keys[i], 2, out->key);
      return nullptr;
    };
    params.map = [](void* ctx, uint64_t i, uint64_t, uint64_t* rows, weft_slab* out) -> weft_status* {
      *rows = 1, out->plane[0] = static_cast<Two*>(ctx)->values[i];
      return nullptr;
    };
    sdk::WeightStore store(&params);
    return std::vector<float>{*store.values(0), *store.values(1)};
  };
  EXPECT_EQ(stored(4, 6), (std::vector<float>{1, 2})) << "keys that are equal modulo the number of parameters";
  EXPECT_EQ(stored(5, 5), (std::vector<float>{1, 1}));
  EXPECT_EQ(stored(0, 0), (std::vector<float>{1, 2})) << "no keys";
}

TEST_P(Kernels, There_is_one_for_every_primitive) {
  const std::set<std::string> ops = supported(GetParam(), every_primitive);
  for (const sdk::Op& op : sdk::kPrimitives) {
    const std::string name(op.name);
    EXPECT_TRUE(ops.contains(name)) << name;
  }
}

TEST_P(Kernels, There_is_one_for_every_composite_of_the_blocks) {
  std::set<std::string> expected{"attention", "causal_conv",    "gated_delta", "gated_mlp",    "relative_attention",
                                 "rms_norm",  "rope",           "softmax",     "selective_scan", "weighted_mean",
                                 "activation", "layer_norm"};
  if (GetParam().starts_with("cpu") || GetParam() == "vulkan")  // others run their bodies
    expected.insert({"linear", "ragged_attention"});
  EXPECT_EQ(supported(GetParam(), every_composite), expected);
}

}  // namespace
}  // namespace weft::conformance
