// The table of ops: every row has a test of this folder, and what is written of weft's ops fits its row.
#include "core/base/status_abi.hpp"
#include "core/graph/builder.hpp"
#include "core/plugins/host.hpp"
#include "tests/conformance/conformance.hpp"
#include "weft/blocks/bodies.hpp"

namespace weft::conformance {
namespace {

/// Fails after all tests for each op that none has run. Where a part of the tests is run, it asks for nothing.
class EveryOpIsRun : public testing::Environment {
 public:
  void TearDown() override {
    if (testing::GTEST_FLAG(filter) != "*" || std::getenv("GTEST_TOTAL_SHARDS") != nullptr) return;
    for (std::span<const sdk::Op> table : {std::span<const sdk::Op>(sdk::kPrimitives), {sdk::kComposites}}) {
      for (const sdk::Op& op : table) EXPECT_TRUE(ops_run().contains(op.name)) << "no test runs " << op.name;
    }
  }
};
[[maybe_unused]] const auto* const every_op = testing::AddGlobalTestEnvironment(new EveryOpIsRun);

TEST(Table, Every_composite_has_a_body_and_its_own_name) {
  for (const sdk::Op& op : sdk::kComposites) {
    EXPECT_NE(blocks::body_writer(op.name, op.version), nullptr) << op.name;
    EXPECT_EQ(sdk::find_op(op.name, op.version), &op);
    EXPECT_TRUE(sdk::is_weft_name(op.name));
  }
  EXPECT_EQ(blocks::body_writer("softmax", 2), nullptr);
  EXPECT_EQ(blocks::body_writer("matmul", 1), nullptr);
}

TEST(Table, Shapes_say_ranks) {
  EXPECT_EQ(sdk::ranks_of("[T, H, D]").least, 3u);
  EXPECT_FALSE(sdk::ranks_of("[T, H, D]").open);
  EXPECT_EQ(sdk::ranks_of("[S + 1]").least, 1u);
  EXPECT_EQ(sdk::ranks_of("[..., M, K]").least, 2u);
  EXPECT_TRUE(sdk::ranks_of("[..., M, K]").open);
  EXPECT_EQ(sdk::ranks_of("[N, ...]").least, 1u);
  EXPECT_EQ(sdk::ranks_of("").least, 0u);
  EXPECT_TRUE(sdk::ranks_of("").open);
}

/// What the SDK says of a composite of x [4] by this name, version and attributes.
std::string said_of(std::string_view op, uint32_t version, const std::vector<Attr>& attrs, std::size_t inputs = 1) {
  Host host(1, {});
  return std::string(from_abi(sdk::guard(host.table(), [&] {
                       ParamTable params;
                       GraphBuilder builder({.name = "step", .params = &params});
                       sdk::Graph g(*builder.abi());
                       const Tensors in(inputs, g.input("x", WEFT_F32, {4}));
                       g.composite(op, version, in, attrs, [&](const Tensors& v) { return Tensors{g.exp(v[0])}; });
                     })).message());
}

TEST(Table, Composites_of_wefts_names_fit_their_rows_and_others_have_a_dot) {
  EXPECT_EQ(said_of("softmax", 1, {}), "ok");
  EXPECT_EQ(said_of("com.acme.plus", 7, {Attr::i64("any", 1)}, 3), "ok");
  EXPECT_EQ(said_of("plus", 1, {}),
            "plus: weft has no composite of this name and version 1; names of others have a dot, as com.acme.plus");
  EXPECT_NE(said_of("softmax", 2, {}), "ok");
  EXPECT_NE(said_of("exp", 1, {}), "ok");
  EXPECT_EQ(said_of("softmax", 1, {Attr::f64("temperature", 2)}),
            "softmax: unknown attribute temperature, expected one of []");
  EXPECT_EQ(said_of("softmax", 1, {}, 2), "softmax: got 2 inputs, expected 1");
  EXPECT_EQ(said_of("activation", 1, {}), "activation: attribute kind is missing");
  EXPECT_EQ(said_of("activation", 1, {Attr::i64("kind", 1)}), "activation: attribute kind is not a text");
}

}  // namespace
}  // namespace weft::conformance
