// Which nodes an Interpreter runs, and what it says of the others.
#include "core/base/status_abi.hpp"
#include "core/graph/builder.hpp"
#include "core/graph/view.hpp"
#include "core/plugins/host.hpp"
#include "tests/conformance/conformance.hpp"
#include "weft/blocks/paged_attention.hpp"
#include "weft/sdk/interpreter.hpp"

namespace weft::conformance {
namespace {

using sdk::Interpreter;
using sdk::KernelOptions;

class InterpreterTest : public testing::Test {
 protected:
  /// Why the only node of the graph is not run; empty: it is.
  std::string refusal(const std::function<void(Interpreter&)>& add, const One& write) {
    std::string reason;
    const Status status = from_abi(sdk::guard(host_.table(), [&] {
      Interpreter backend("test", "");
      add(backend);
      ParamTable params;
      GraphBuilder builder({.name = "step", .params = &params});
      Graph g(*builder.abi());
      g.output("y", write(g, {g.input("x", WEFT_F32, {g.symbol("T"), 4})}));
      auto graph = builder.finish();
      if (!graph.ok() || graph->nodes.size() != 1) sdk::refuse("the graph is not one node");
      const GraphView view(*graph);
      weft_device* device = nullptr;
      sdk::check(backend.table()->device_open(backend.table()->self, 0, {}, nullptr, &device));
      uint8_t verdict = 9;
      const weft_reasons reasons{WEFT_HDR(weft_reasons, add), &reason, [](void* to, uint32_t, weft_str text) {
                                   *static_cast<std::string*>(to) = sdk::view(text);
                                 }};
      sdk::check(backend.table()->supports(device, view.get(), &verdict, &reasons));
      EXPECT_EQ(verdict != 0, reason.empty());
      backend.table()->device_close(device);
    }));
    EXPECT_TRUE(status.ok()) << status.message();
    return reason;
  }
  std::string registering(const std::string& op, const KernelOptions& options) {
    return std::string(from_abi(sdk::guard(host_.table(), [&] {
                         Interpreter("test", "").kernel(op, [](sdk::Call&) {}, options);
                       })).message());
  }

 private:
  Host host_{1, {}};
};

std::function<void(Interpreter&)> with(const std::string& op, const KernelOptions& options = {}) {
  return [=](Interpreter& b) { b.kernel(op, [](sdk::Call&) {}, options); };
}

std::vector<Tensor> twice_body(sdk::Graph& g, const Tensors& in, const sdk::Attributes&) {
  return {g.add(in[0], in[0])};
}
std::vector<Tensor> scaled_body(sdk::Graph& g, const Tensors& in, const sdk::Attributes& attrs) {
  const Tensor by = g.scalar(static_cast<float>(attrs.number("by")), g.dims(in[0]).size());
  const Tensor twice = g.composite("com.acme.twice", 1, in, {}, twice_body)[0];
  return {g.mul(twice, by)};
}
One scaled(const std::vector<Attr>& attrs, uint32_t version = 1, sdk::BodyWriter body = scaled_body) {
  return [=](Graph& g, const Tensors& in) { return g.composite("com.acme.scaled", version, in, attrs, body)[0]; };
}

TEST_F(InterpreterTest, Kernels_are_for_ops_of_the_table_or_for_those_of_others_whose_names_have_a_dot) {
  EXPECT_EQ(registering("matmul", {}), "ok");
  EXPECT_EQ(registering("softmax", {}), "ok");
  EXPECT_EQ(registering("com.acme.mixer", {.version = 3, .attributes = {"a"}}), "ok");
  EXPECT_EQ(registering("mixer", {}),
            "a kernel for mixer of version 1, which weft does not have; ops of others have a dot in their names, as "
            "com.acme.mixer");
  EXPECT_NE(registering("softmax", {.version = 2}), "ok");
  EXPECT_NE(registering("softmax", {.attributes = {"temperature"}}), "ok");
  EXPECT_NE(registering("softmax", {.body = twice_body}), "ok");
}

TEST_F(InterpreterTest, A_kernel_is_of_one_version) {
  EXPECT_EQ(refusal(with("com.acme.scaled"), scaled({})), "");
  EXPECT_EQ(refusal(with("com.acme.scaled", {.version = 2}), scaled({}, 2)), "");
  EXPECT_EQ(refusal(with("com.acme.scaled"), scaled({}, 2)), "there is no kernel for com.acme.scaled of version 2");
  EXPECT_EQ(refusal(with("matmul"), scaled({})), "there is no kernel for com.acme.scaled");
}

TEST_F(InterpreterTest, A_kernel_meets_the_attributes_that_it_names) {
  const auto kernel = with("com.acme.scaled", {.attributes = {"by"}});
  EXPECT_EQ(refusal(kernel, scaled({Attr::f64("by", 3)})), "");
  EXPECT_EQ(refusal(kernel, scaled({Attr::f64("to", 3)})),
            "com.acme.scaled: attribute to is none that the kernel reads");
}

TEST_F(InterpreterTest, A_kernel_with_a_body_runs_nodes_of_this_body_alone) {
  const auto kernel = with("com.acme.scaled", {.attributes = {"by"}, .body = scaled_body});
  const std::string other = "the body of com.acme.scaled is not the one this kernel computes";
  EXPECT_EQ(refusal(kernel, scaled({Attr::f64("by", 3)})), "");
  EXPECT_EQ(refusal(kernel, scaled({Attr::f64("by", 3)}, 1, twice_body)), other);
  EXPECT_EQ(refusal(kernel, [](Graph& g, const Tensors& in) {
              return g.composite("com.acme.scaled", 1, in, {Attr::f64("by", 3)}, [&](const Tensors& v) {
                const Tensor y = g.composite("com.acme.twice", 1, v, {}, [&](const Tensors& u) {
                  return Tensors{g.mul(u[0], u[0])};  // the op inside has another body
                })[0];
                return Tensors{g.mul(y, g.scalar(3, 2))};
              })[0];
            }),
            other);
  EXPECT_EQ(refusal(kernel, [](Graph& g, const Tensors& in) {
              return g.composite("com.acme.scaled", 1, in, {Attr::f64("by", 3)}, [&](const Tensors& v) {
                const Tensor y = g.composite("com.acme.twice", 1, v, {}, twice_body)[0];
                return Tensors{g.exp(g.mul(y, g.scalar(3, 2)))};  // goes on
              })[0];
            }),
            other);
}

TEST_F(InterpreterTest, A_composite_of_weft_with_another_body_is_refused_with_the_reason) {
  EXPECT_EQ(refusal(with("softmax"), [](Graph& g, const Tensors& in) { return blocks::softmax(g, in[0]); }), "");
  EXPECT_EQ(refusal(with("softmax"), [](Graph& g, const Tensors& in) {
              return g.composite("softmax", 1, in, {}, [&](const Tensors& v) { return Tensors{g.exp(v[0])}; })[0];
            }),
            "the body of softmax is not the one this kernel computes");
}

TEST_F(InterpreterTest, What_does_not_fit_the_row_of_its_op_is_refused_also_where_the_builder_takes_it) {
  const auto raw = [](std::string_view op, std::vector<uint32_t> in, const Graph& g) {
    const weft_builder& b = g.builder();
    std::vector<uint32_t> inner(in.size());
    uint32_t twice = 0, body = 0;
    Tensor out;
    const auto n = static_cast<uint32_t>(in.size());
    sdk::check(b.begin_body(b.ctx, sdk::str(op), in.data(), n, inner.data()));
    const uint32_t both[] = {inner[0], inner[0]};
    sdk::check(b.node(b.ctx, sdk::str("add"), 1, both, 2, nullptr, 0, 0, 0, 1, &twice));
    sdk::check(b.end_body(b.ctx, &twice, 1, &body));
    sdk::check(b.node(b.ctx, sdk::str(op), 1, in.data(), n, nullptr, 0, 0, body, 1, &out.id));
    return out;
  };
  EXPECT_EQ(refusal(with("rope"), [&](Graph& g, const Tensors& in) { return raw("rope", {in[0].id}, g); }),
            "rope: got 1 inputs, expected 3");
  EXPECT_EQ(refusal(with("rope"), [&](Graph& g, const Tensors& in) {
              return raw("rope", {in[0].id, in[0].id, in[0].id}, g);
            }),
            "rope: input 0 is f32 of rank 2, expected [T, H, D]");
  EXPECT_EQ(refusal(with("rms_norm"), [&](Graph& g, const Tensors& in) {
              return raw("rms_norm", {in[0].id, g.input("w", WEFT_F32, {4}).id}, g);
            }),
            "rms_norm: attribute eps is missing");
}

/// Attention over keys of `heads` heads that are no state.
One attention(int64_t heads) {
  return [=](Graph& g, const Tensors&) {
    const blocks::TokenAxis axis(g);
    weft_group group{};
    group.block_tokens = 4;
    group.table = g.input("table", WEFT_I32, {axis.S, g.symbol("B")}).id;
    group.base = g.input("base", WEFT_I32, {axis.S}).id, group.len = g.input("len", WEFT_I32, {axis.S}).id;
    const Tensor q = g.input("q", WEFT_F32, {axis.T, 2, 4}), k = g.input("k", WEFT_F32, {8, heads, 4});
    return blocks::paged_attention(g, axis, group, q, k, k, {}, {});
  };
}

TEST_F(InterpreterTest, Keys_that_are_no_state_are_refused) {
  EXPECT_EQ(refusal(with("attention"), attention(1)), "attention: input 1 is no state");
}

TEST(Blocks, Heads_that_do_not_share_keys_evenly_are_refused) {
  Host host(1, {});
  for (int64_t heads : {0, 4}) {
    const Status status = from_abi(sdk::guard(host.table(), [&] {
      ParamTable params;
      GraphBuilder builder({.name = "step", .params = &params});
      Graph g(*builder.abi());
      attention(heads)(g, {});
    }));
    EXPECT_EQ(status.message(), "2 do not go into " + std::to_string(heads) + " equal parts");
  }
}

}  // namespace
}  // namespace weft::conformance
