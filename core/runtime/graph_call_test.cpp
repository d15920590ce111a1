// Calls of a graph without sequences: y = 2 x, whose size is fixed.
#include "core/runtime/graph_call.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/written_graph.hpp"

namespace weft {
namespace {

class GraphCalls : public testing::Test {
 protected:
  std::unique_ptr<GraphCall> make() {
    const auto device = (*engine_->open_devices("reference"))[0];
    const auto compiled = test::compiled_graph(*engine_, device, "twice", nullptr, [](sdk::Graph& g) {
      const sdk::Tensor x = g.input("x", WEFT_F32, {2});
      g.output("y", g.add(x, x));
    });
    EXPECT_TRUE(compiled.ok()) << compiled.status().message();
    return std::move(*GraphCall::create(*compiled, [this] { return intact_; }));
  }
  static Status set(GraphCall& call, std::array<float, 2> x) { return call.set("x", {WEFT_F32, {2}, x.data()}); }

  std::shared_ptr<Engine> engine_ =
      *Engine::create({.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false, .threads = 1});
  Status intact_;
};

TEST_F(GraphCalls, Outputs_are_those_of_the_last_run) {
  const auto call = make();
  ASSERT_TRUE(set(*call, {3, 4}).ok());
  EXPECT_EQ(call->output("y").status().code(), Code::kFailedPrecondition);
  ASSERT_TRUE(call->run().ok());
  const TensorView y = *call->output("y");
  EXPECT_EQ(y.dims, std::vector<int64_t>{2});
  EXPECT_EQ(static_cast<const float*>(y.data)[1], 8);
}

TEST_F(GraphCalls, A_run_that_fails_leaves_no_outputs) {
  const auto call = make();
  ASSERT_TRUE(set(*call, {3, 4}).ok() && call->run().ok());
  intact_ = Status(Code::kDataLoss, "the file has changed");
  EXPECT_EQ(call->run().code(), Code::kDataLoss);
  EXPECT_EQ(call->output("y").status().code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace weft
