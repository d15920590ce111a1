// An encoder-decoder as an embedding program uses it: through weft.h and weft.hpp alone.
#include <gtest/gtest.h>

#include "tests/family_golden.hpp"
#include "tests/hostile_files.hpp"
#include "weft/weft.hpp"

namespace {

using weft::detail::Owned, weft::detail::take;

class EncoderDecoderApi : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto& file : weft::test::family_goldens("t5.v1_1")) golden = weft::test::read_family_golden(file);
    if (golden.encoder_ids.empty()) GTEST_SKIP() << "the family is gone";
    weft::test::write_folder(golden, folder.path());
    const auto runtime = weft::Runtime::create(
        {.threads = 1, .plugin_folders = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false});
    auto loaded = weft::CausalLM::from_preset(
        folder.path(), {.backend = "reference", .precision = "exact", .context = 64, .sequences = 2}, *runtime);
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    lm.emplace(std::move(*loaded));
    weft_session* raw = nullptr;
    ASSERT_TRUE(take(weft_session_new(lm->handle(), &raw)).ok());
    session.reset(raw);
  }
  int32_t open() const {
    int32_t sequence = -1;
    EXPECT_TRUE(take(weft_session_open(session.get(), &sequence)).ok());
    return sequence;
  }
  static weft_step_item item(int32_t sequence, const std::vector<int32_t>& ids, uint32_t all_rows = 0) {
    return {{WEFT_END(weft_step_item, n_tokens), 0}, sequence, all_rows, ids.data(), ids.size()};
  }
  weft::Result<std::vector<int32_t>> generate(int32_t sequence) const {
    weft_generate_options o = WEFT_INIT(weft_generate_options);
    o.greedy = o.ignore_eos = 1, o.max_tokens = static_cast<int64_t>(golden.greedy.size());
    weft_generation* raw = nullptr;
    WEFT_CHECK_OK(take(weft_generation_new(session.get(), sequence, golden.encoder_ids.data(),
                                           golden.encoder_ids.size(), &o, &raw)));
    const Owned<weft_generation> generation(raw);
    std::vector<int32_t> ids;
    for (weft_piece piece = WEFT_INIT(weft_piece); piece.last == 0;) {
      WEFT_CHECK_OK(take(weft_generation_next(raw, &piece)));
      if (piece.token >= 0) ids.push_back(piece.token);
    }
    return ids;
  }

  const weft::testing_files::TempFolder folder;
  weft::test::FamilyGolden golden;
  std::optional<weft::CausalLM> lm;
  Owned<weft_session> session;
};

TEST_F(EncoderDecoderApi, A_generation_gives_its_prompt_to_the_encoder) {
  EXPECT_TRUE(lm->encoder_decoder());
  EXPECT_EQ(weft_model_start_token(lm->handle()), golden.ids[0]);
  const int32_t sequence = open();
  auto ids = generate(sequence);
  ASSERT_TRUE(ids.ok()) << ids.status().message();
  EXPECT_EQ(*ids, golden.greedy);
  const weft::Status again = generate(sequence).status();
  EXPECT_EQ(again.code(), weft::Code::kFailedPrecondition);
  EXPECT_NE(again.message().find("encoder"), std::string_view::npos) << again.message();
}

TEST_F(EncoderDecoderApi, Sequences_with_encoder_inputs_of_their_own_step_together) {
  const int32_t a = open(), b = open();
  const std::vector<int32_t> other = {7, 8, 9}, start = {golden.ids[0]};
  const weft_step_item inputs[] = {item(a, other), item(b, golden.encoder_ids)};
  const weft_step_item steps[] = {item(a, start), item(b, golden.ids, 1)};
  weft_logits logits{};
  EXPECT_EQ(take(weft_session_step(session.get(), steps, 2, sizeof steps[0], &logits)).code(),
            weft::Code::kFailedPrecondition);
  weft_limits over = WEFT_INIT(weft_limits);
  over.timeout_ms = 0;
  EXPECT_EQ(take(weft_session_encode_with(session.get(), inputs, 2, sizeof inputs[0], &over)).code(),
            weft::Code::kDeadlineExceeded);
  ASSERT_TRUE(take(weft_session_encode(session.get(), inputs, 2, sizeof inputs[0])).ok());
  ASSERT_TRUE(take(weft_session_step(session.get(), steps, 2, sizeof steps[0], &logits)).ok());
  ASSERT_EQ(logits.rows, 1 + static_cast<int64_t>(golden.ids.size()));
  for (std::size_t i = 0; i < golden.logits.size(); ++i)
    ASSERT_NEAR(logits.data[static_cast<std::size_t>(logits.vocab) + i], golden.logits[i], 1e-3);
}

}  // namespace
