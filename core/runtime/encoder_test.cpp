// Sessions with an encoder. "encode" keeps a one-hot vector for each token; the logits of a step are the mean of these
// over the encoder's input of the sequence (attention with queries of zeros), plus the share of id 0 among the
// sequence's own tokens.
#include <gtest/gtest.h>

#include "core/runtime/session.hpp"
#include "tests/written_graph.hpp"
#include "weft/blocks/paged_attention.hpp"

namespace weft {
namespace {

constexpr int64_t kVocab = 5, kContext = 40;
using Floats = std::vector<float>;
using Ids = std::vector<int32_t>;

struct Own {
  weft_group group{};
  uint32_t id = 0;
};

Own paged(sdk::Graph& g, std::string_view name) {
  Own own;
  own.group = g.group(name, WEFT_GROUP_PAGED, 0, &own.id);
  return own;
}

sdk::Tensor one_hot(sdk::Graph& g, sdk::Dim T, int64_t width = kVocab) {
  Floats rows(static_cast<std::size_t>(kVocab * width), 0.0f);
  for (int64_t i = 0; i < kVocab; ++i) rows[static_cast<std::size_t>(i * width + i)] = 1;
  return g.reshape(g.gather(g.constant(rows, {kVocab, width}), g.input("tokens", WEFT_I32, {T})), {T, 1, width});
}

void write_encode(sdk::Graph& g, int64_t width) {
  const blocks::TokenAxis axis(g);
  const Own encoder = paged(g, "encoder"), scratch = paged(g, "scratch");
  const sdk::Tensor x = one_hot(g, axis.T, width);
  // x passes through a state that the graph "step" does not have.
  const sdk::Tensor kept = g.scatter(g.state("scratch", scratch.id, {1, width}), {scratch.group.slot}, x);
  g.scatter(g.state("seen", encoder.id, {1, width}), {encoder.group.slot}, g.gather(kept, {scratch.group.slot}));
}

void write_step(sdk::Graph& g) {
  const blocks::TokenAxis axis(g);
  const Own encoder = paged(g, "encoder"), kv = paged(g, "kv");
  const sdk::Tensor x = one_hot(g, axis.T), seen = g.state("seen", encoder.id, {1, kVocab});
  const sdk::Tensor own = g.scatter(g.state("own", kv.id, {1, kVocab}), {kv.group.slot}, x);
  const sdk::Tensor none = g.mul(x, g.scalar(0, 3));
  const sdk::Tensor of_encoder =
      blocks::paged_attention(g, axis, encoder.group, none, seen, seen, {}, {.causal = false});
  const sdk::Tensor of_own = blocks::paged_attention(g, axis, kv.group, none, own, own, {}, {});
  const sdk::Tensor first = g.slice(of_own, 2, 0, 1);
  g.output("logits", blocks::wanted_rows(g, g.reshape(g.add(of_encoder, first), {axis.T, kVocab})));
}

class Encoders : public testing::Test {
 protected:
  template <class Write>
  std::shared_ptr<const CompiledGraph> compiled(const char* name, Write write) {
    constexpr int64_t kBlock = 16, kBlocks = kContext / kBlock + 1;
    const auto most = [](std::string_view symbol) -> int64_t {
      if (symbol == "S") return 2;
      return symbol.starts_with("B:") ? kBlocks : symbol.starts_with("slots:") ? 2 * kBlock * kBlocks : 64;
    };
    auto all = test::compiled_graph(*engine, devices[0], name, most, write);
    EXPECT_TRUE(all.ok()) << all.status().message();
    return all.ok() ? *all : nullptr;
  }
  Result<std::unique_ptr<Session>> make(int64_t width = kVocab) {
    const SequenceEncoder encoder{compiled("encode", [&](sdk::Graph& g) { write_encode(g, width); }), 48, 3};
    return Session::create(compiled("step", write_step), {kContext, kVocab, 48, 2}, [] { return Status(); }, encoder);
  }
  Status encode(SequenceId s, const Ids& ids) {
    const StepItem item{s, ids, false};
    return session->encode({&item, 1});
  }
  Floats step(SequenceId s, const Ids& ids) {
    const StepItem item{s, ids, false};
    auto out = session->step({&item, 1});
    EXPECT_TRUE(out.ok()) << out.status().message();
    return out.ok() ? Floats(out->data, out->data + out->rows * out->width) : Floats{};
  }

  std::shared_ptr<Engine> engine =
      *Engine::create({.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false, .threads = 1});
  // One device, as for a model's graphs.
  std::vector<std::shared_ptr<Device>> devices = *engine->open_devices("reference");
  std::unique_ptr<Session> session;
};

class WithEncoder : public Encoders {
 protected:
  void SetUp() override {
    auto made = make();
    ASSERT_TRUE(made.ok()) << made.status().message();
    session = std::move(*made);
  }
};

TEST_F(WithEncoder, Each_step_sees_what_was_encoded_and_the_sequences_own_tokens) {
  const SequenceId s = *session->open();
  ASSERT_TRUE(encode(s, {1, 1, 2, 4}).ok());
  EXPECT_EQ(*session->length(s), 0);
  EXPECT_EQ(session->start_token(), 3);
  EXPECT_EQ(step(s, {3}), (Floats{0, 0.5, 0.25, 0, 0.25}));
  EXPECT_EQ(step(s, {0}), (Floats{0.5, 1, 0.75, 0.5, 0.75}));
  EXPECT_EQ(*session->length(s), 2);
}

TEST_F(WithEncoder, Sequences_of_one_step_have_encoder_inputs_of_their_own) {
  const SequenceId a = *session->open(), b = *session->open();
  const Ids first = {2}, second(20, 4), start = {3};
  const StepItem inputs[] = {{a, first, false}, {b, second, false}};
  ASSERT_TRUE(session->encode(inputs).ok());
  const StepItem items[] = {{b, start, false}, {a, start, false}};
  auto out = session->step(items);
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_EQ(Floats(out->data, out->data + 10), (Floats{0, 0, 0, 0, 1, 0, 0, 1, 0, 0}));
}

TEST_F(WithEncoder, A_fork_and_a_rollback_keep_what_was_encoded) {
  const SequenceId a = *session->open();
  ASSERT_TRUE(encode(a, {1, 2}).ok());
  const Floats first = step(a, {3});
  step(a, {0, 0});
  const SequenceId b = *session->fork(a);
  ASSERT_TRUE(session->close(a).ok());
  ASSERT_TRUE(session->rollback(b, 0).ok());
  EXPECT_EQ(step(b, {3}), first);
}

TEST_F(WithEncoder, The_encoder_reads_once_and_before_the_first_step) {
  const SequenceId s = *session->open();
  const Ids start = {3};
  const StepItem item{s, start, false};
  const Status early = session->step({&item, 1}).status();
  EXPECT_EQ(early.code(), Code::kFailedPrecondition);
  EXPECT_NE(early.message().find("no input of sequence"), std::string_view::npos) << early.message();
  EXPECT_EQ(encode(s, {}).code(), Code::kInvalidArgument);
  EXPECT_EQ(encode(s, {1, kVocab}).code(), Code::kOutOfRange);
  EXPECT_EQ(encode(s, {-1}).code(), Code::kOutOfRange);
  EXPECT_EQ(encode(s, Ids(kContext + 1, 1)).code(), Code::kOutOfRange);
  EXPECT_EQ(encode(7, {1}).code(), Code::kNotFound);
  ASSERT_TRUE(encode(s, {1}).ok());  // the failed calls left the sequence new
  EXPECT_EQ(encode(s, {1}).code(), Code::kFailedPrecondition);
}

TEST_F(WithEncoder, A_sequence_that_goes_on_with_other_ids_is_a_new_one) {
  const SequenceId s = *session->open();
  ASSERT_TRUE(encode(s, {1, 2}).ok());
  step(s, {3, 0});
  EXPECT_EQ(*session->keep_common(s, Ids{3, 0, 1}), 0);
  ASSERT_TRUE(encode(s, {2}).ok());
  EXPECT_EQ(step(s, {3}), (Floats{0, 0, 1, 0, 0}));
}

TEST_F(WithEncoder, Closed_sequences_give_their_blocks_back) {
  for (int i = 0; i < 30; ++i) {
    const SequenceId a = *session->open(), b = *session->open();
    ASSERT_TRUE(encode(a, Ids(kContext, 1)).ok()) << i;
    ASSERT_TRUE(encode(b, Ids(kContext, 2)).ok()) << i;
    EXPECT_EQ(step(b, {3}), (Floats{0, 0, 1, 0, 0}));
    ASSERT_TRUE(session->close(a).ok() && session->close(b).ok());
  }
}

TEST_F(Encoders, Graphs_that_disagree_on_a_state_are_refused) {
  const Status s = make(kVocab + 1).status();
  EXPECT_FALSE(s.ok());
  EXPECT_NE(s.message().find("seen"), std::string_view::npos) << s.message();
}

TEST_F(Encoders, A_model_without_encode_has_no_encoder) {
  auto made = Session::create(compiled("step", write_step), {kContext, kVocab, 48, 2}, [] { return Status(); });
  ASSERT_TRUE(made.ok()) << made.status().message();
  session = std::move(*made);
  EXPECT_FALSE(session->has_encoder());
  const SequenceId s = *session->open();
  EXPECT_EQ(encode(s, {1}).code(), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace weft
