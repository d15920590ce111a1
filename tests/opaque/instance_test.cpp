// What a graph makes on an opaque device, and what of it comes to the host.
#include "core/device/graph_instance.hpp"
#include "core/graph/builder.hpp"
#include "tests/opaque/opaque.hpp"
#include "weft/sdk/graph.hpp"

namespace weft::test {
namespace {

TEST(OpaqueInstance, Leaves_an_output_that_nobody_reads_on_its_device) {
  const OpaqueEngine there;
  ParamTable params;
  GraphBuilder builder({.name = "step", .params = &params, .symbol_max = [](std::string_view) { return 4; }});
  {
    const sdk::Entry entry(there.engine().host().table());
    sdk::Graph g(*builder.abi());
    const sdk::Tensor x = g.input("x", WEFT_F32, {g.symbol("N")});
    const sdk::Tensor twice = g.add(x, x);
    g.output("twice", twice), g.output("square", g.mul(x, x));
  }
  const weft_params none{{WEFT_END(weft_params, done), 0}, nullptr, 0, nullptr, nullptr, nullptr, nullptr};
  const auto store = Store::create(there.devices()[0], &none, WEFT_PRECISION_EXACT);
  ASSERT_TRUE(store.ok()) << store.status().message();
  const auto compiled = compile_graph(std::move(builder.finish()).value(), {*store}, {.strict = true});
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  const auto made = GraphInstance::create(*compiled);
  ASSERT_TRUE(made.ok()) << made.status().message();
  GraphInstance& instance = **made;
  const auto run = [&](float x) {
    std::fill_n(instance.f32_input("x"), 3, x);
    const Status s = instance.run({{"N", 3}});
    EXPECT_TRUE(s.ok()) << s.message();
    return std::pair(instance.output("twice")[2], instance.output("square")[2]);
  };
  EXPECT_EQ(run(3), std::pair(6.f, 9.f));
  instance.read_output("square", false);
  EXPECT_EQ(run(4), std::pair(8.f, 9.f)) << "what was read before is there still";
  instance.read_output("square", true);
  EXPECT_EQ(run(5), std::pair(10.f, 25.f));
}

}  // namespace
}  // namespace weft::test
