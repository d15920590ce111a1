// A composite is what its body says, whatever its name: a kernel runs those alone whose body is what it computes.
#include "tests/conformance/attention_case.hpp"
#include "weft/blocks/delta.hpp"
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
    const auto [group, k, v] = paged_keys(g, shape, in);
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

/// Fails where a backend refuses composites of those that `write` writes, though it runs others of their names.
void expect_taken(const std::string& backend, const std::vector<ArgType>& types, const Write& write,
                  const std::string& what) {
  const auto all = verdicts(backend, types, write);
  ASSERT_TRUE(all.ok()) << all.status().message();
  for (const auto& [op, verdict] : *all)
    EXPECT_NE(verdict, 0) << op << " " << what << " is not run by its kernel";
}

TEST_P(Bodies, Kernels_take_attention_of_every_rule) {
  for (const int64_t relative : {0, 3}) {
    for (int bits = 0; bits < 32; ++bits) {
      Shape s{.sinks = (bits & 1) != 0, .slopes = (bits & 2) != 0, .relative = relative};
      s.rule.causal = (bits & 4) == 0, s.rule.window = bits & 8 ? 3 : 0, s.rule.softcap = bits & 16 ? 0.7 : 0;
      expect_taken(GetParam(), types(s), attend(s), std::to_string(bits) + " " + std::to_string(relative));
    }
  }
}

TEST_P(Bodies, Kernels_take_what_blocks_write_with_and_without_their_optional_parts) {
  using blocks::Activation;
  const Write write = [&](Graph& g, const Tensors& in) {
    const blocks::Step step(g, {}, true, {});
    const auto floats = [&](const Dims& d) { return g.constant(random(d, 1).f(), d); };
    const Tensor x = in[0], heads = in[1];  // [T, 4], [T, 2, 8]
    Tensors all;
    for (const Activation a : {Activation::kSilu, Activation::kGelu, Activation::kGeluTanh, Activation::kRelu,
                               Activation::kQuickGelu}) {
      all.push_back(blocks::activate(g, a, heads));
      for (const bool bias : {false, true})
        all.push_back(blocks::gated_mlp(sdk::Scope(g) / static_cast<int64_t>(bias), x, 4, 6, a, bias));
    }
    for (const Tensor weight : {Tensor{}, floats({4})}) {
      for (const Tensor bias : {Tensor{}, floats({4})}) all.push_back(blocks::layer_norm(g, x, weight, bias, 1e-5));
    }
    all.push_back(blocks::rms_norm(g, heads, floats({8}), 1e-6));
    all.push_back(blocks::softmax(g, heads));
    for (const bool interleaved : {false, true}) {
      for (const int64_t half : {1, 4}) {
        const Tensor angle = g.slice(x, 1, 0, half);
        all.push_back(blocks::apply_rope(g, heads, {angle, angle}, {.rotated = 2 * half, .interleaved = interleaved}));
      }
    }
    for (const bool bias : {false, true}) {
      const std::string name = "conv" + std::to_string(bias);
      all.push_back(blocks::causal_conv(step, name, x, floats({4, 3}), bias ? floats({4}) : Tensor{}));
    }
    const Tensor dt = g.slice(x, 1, 0, 2), one = g.slice(heads, 1, 0, 1);  // [T, 2], [T, 1, 8]
    for (const int64_t decays : {1, 8}) {
      for (const Tensor shared : {heads, one}) {
        const std::string name = "scan" + std::to_string(decays) + std::to_string(g.dims(shared)[1]);
        all.push_back(blocks::selective_scan(
            step, name, {heads, dt, floats({2, decays}), shared, shared, decays == 1 ? floats({2}) : Tensor{}}));
      }
    }
    all.push_back(blocks::gated_delta(step, "delta", one, one, heads, dt, dt));
    all.push_back(blocks::weighted_mean(step, "mean", x, x, floats({4}), floats({4})));
    return all;
  };
  expect_taken(GetParam(), {{WEFT_F32, {"T", "4"}}, {WEFT_F32, {"T", "2", "8"}}}, write, "of a block");
}

}  // namespace
}  // namespace weft::conformance
