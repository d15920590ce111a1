// A composite is what its body says, whatever its name: a kernel runs those alone whose body is what it computes.
#include "tests/conformance/attention_case.hpp"
#include "weft/blocks/mlp.hpp"
#include "weft/blocks/rope.hpp"

namespace weft::conformance {
namespace {

WEFT_CONFORMANCE(Bodies);

using Given = std::vector<Attr>;

/// A composite of weft's name whose node has the attributes `given`, and whose body is written with `meant`.
Tensor mislabelled(Graph& g, std::string_view op, const Tensors& in, const Given& given, sdk::BodyWriter write,
                   const Given& meant) {
  std::vector<weft_attr> raw;
  for (const Attr& a : meant) raw.push_back(sdk::to_abi(a));
  const sdk::Attributes attrs(sdk::find_op(op, 1), raw);
  return g.composite(op, 1, in, given, [&](const Tensors& inner) { return write(g, inner, attrs); })[0];
}

/// As mislabelled, past the SDK: with another version, or attributes that it would refuse.
Tensor raw(Graph& g, std::string_view op, uint32_t version, Tensor in, const Given& given, const One& body) {
  const weft_builder& b = g.builder();
  Tensor inside, out;
  uint32_t body_id = 0;
  sdk::check(b.begin_body(b.ctx, sdk::str(op), &in.id, 1, &inside.id));
  const Tensor result = body(g, {inside});
  sdk::check(b.end_body(b.ctx, &result.id, 1, &body_id));
  std::vector<weft_attr> attrs;
  for (const Attr& a : given) attrs.push_back(sdk::to_abi(a));
  sdk::check(b.node(b.ctx, sdk::str(op), version, &in.id, 1, attrs.data(), static_cast<uint32_t>(attrs.size()),
                    sizeof(weft_attr), body_id, 1, &out.id));
  return out;
}

Tensor square(Graph& g, const Tensors& in) { return g.mul(in[0], in[0]); }

TEST_P(Bodies, A_softmax_with_another_body_gives_what_its_body_says) {
  const Array y = run({Arg(f32({1, 3}, {1, 2, -3}), {"T", "3"})}, [](Graph& g, const Tensors& in) {
    return g.composite("softmax", 1, {in[0]}, {}, [&](const Tensors& v) { return Tensors{square(g, v)}; })[0];
  });
  EXPECT_TRUE(same(y, f32({1, 3}, {1, 4, 9})));
}

TEST_P(Bodies, A_softmax_of_a_version_that_nobody_knows_gives_what_its_body_says) {
  const Array y = run({f32({1, 3}, {1, 2, -3})},
                      [](Graph& g, const Tensors& in) { return raw(g, "softmax", 2, in[0], {}, square); });
  EXPECT_TRUE(same(y, f32({1, 3}, {1, 4, 9})));
}

TEST_P(Bodies, A_softmax_with_an_attribute_that_nobody_knows_gives_what_its_body_says) {
  const Array y = run({f32({1, 3}, {1, 2, -3})}, [](Graph& g, const Tensors& in) {
    return raw(g, "softmax", 1, in[0], {Attr::f64("temperature", 2)}, square);
  });
  EXPECT_TRUE(same(y, f32({1, 3}, {1, 4, 9})));
}

TEST_P(Bodies, Attributes_that_are_not_those_of_the_body_do_not_count) {
  const auto kind = [](const char* name) { return Given{Attr::text("kind", name)}; };
  const auto eps = [](double v) { return Given{Attr::f64("eps", v)}; };
  const std::vector<std::pair<std::string, One>> all = {
      {"rms_norm", [&](Graph& g, const Tensors& in) {
         return mislabelled(g, "rms_norm", {in[0], in[1]}, eps(1e-6), blocks::rms_norm_body, eps(1));
       }},
      {"layer_norm", [&](Graph& g, const Tensors& in) {
         return mislabelled(g, "layer_norm", {in[0], in[1], {}}, eps(1e-6), blocks::layer_norm_body, eps(1));
       }},
      {"activation", [&](Graph& g, const Tensors& in) {
         return mislabelled(g, "activation", {in[0]}, kind("relu"), blocks::activation_body, kind("silu"));
       }},
      {"linear", [&](Graph& g, const Tensors& in) {
         return mislabelled(g, "linear", {in[0], in[2], in[1]}, kind("gelu"), blocks::linear_body, {});
       }},
      {"gated_mlp", [&](Graph& g, const Tensors& in) {
         return mislabelled(g, "gated_mlp", {in[0], in[2], in[2], in[2], {}, {}, {}}, kind("silu"),
                            blocks::gated_mlp_body, kind("relu"));
       }},
      {"rope", [&](Graph& g, const Tensors& in) {
         return mislabelled(g, "rope", {in[3], in[0], in[0]}, {}, blocks::rope_body, {Attr::i64("interleaved", 1)});
       }}};
  const std::vector<ArgType> types = {{WEFT_F32, {"T", "4"}}, {WEFT_F32, {"4"}}, {WEFT_F32, {"4", "4"}},
                                      {WEFT_F32, {"T", "1", "8"}}};
  const Feed feed{{random({3, 4}, 1), random({4}, 2), random({4, 4}, 3), random({3, 1, 8}, 4)}, {}, {}};
  for (const auto& [op, write] : all) {
    const Write one = [&, write = write](Graph& g, const Tensors& in) { return Tensors{write(g, in)}; };
    EXPECT_EQ(agreed(types, one, feed).size(), 1u) << op;
    const auto whole = runner(types, one);
    ASSERT_NE(whole, nullptr);
    const std::vector<std::string> ops = whole->ops();
    EXPECT_EQ(std::find(ops.begin(), ops.end(), op), ops.end()) << op << " is run by its name";
  }
}

TEST_P(Bodies, An_attention_that_scales_its_scores_otherwise_gives_what_its_body_says) {
  const Shape shape;
  const Sequences sequences{{0, 5, 5}, {0, 9, 3}};
  const Write write = [&](Graph& g, const Tensors& in) {
    const blocks::TokenAxis axis(g);
    uint32_t id = 0;
    const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &id);
    const Tensor k = g.scatter(g.state("k", id, {shape.kv_heads, shape.dim}), in[3], in[1]);
    const Tensor v = g.scatter(g.state("v", id, {shape.kv_heads, shape.value_dim}), in[3], in[2]);
    const auto attrs = [](double scale) {
      return Given{Attr::f64("scale", scale), Attr::i64("block_tokens", kBlockTokens)};
    };
    return Tensors{mislabelled(g, "attention", {in[0], k, v, {group.table}, {group.base}, {group.len}, axis.seq_start,
                                                axis.token_seq, {}, {}},
                               attrs(1), blocks::paged_attention_body, attrs(0.25))};
  };
  AttentionCase test(shape, sequences);
  EXPECT_EQ(agreed(test.args(), write, test.feed(), test.stored_as("f32")).size(), 1u);
}

}  // namespace
}  // namespace weft::conformance
