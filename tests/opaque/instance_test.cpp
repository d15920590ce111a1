// What a graph makes on an opaque device, and what of it comes to the host.
#include "core/device/graph_instance.hpp"
#include "tests/opaque/opaque.hpp"
#include "tests/written_graph.hpp"

namespace weft::test {
namespace {

TEST(OpaqueInstance, Leaves_an_output_that_nobody_reads_on_its_device) {
  const OpaqueEngine there;
  const auto write = [](sdk::Graph& g) {
    const sdk::Tensor x = g.input("x", WEFT_F32, {g.symbol("N")});
    g.output("twice", g.add(x, x)), g.output("square", g.mul(x, x));
  };
  const auto compiled =
      compiled_graph(there.engine(), there.devices()[0], "step", [](std::string_view) { return 4; }, write);
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
