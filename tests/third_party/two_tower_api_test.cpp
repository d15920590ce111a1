// A model of two graphs as an embedding program uses it: through weft.h alone.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/family_golden.hpp"
#include "tests/hostile_files.hpp"
#include "tests/third_party/two_tower_model.hpp"
#include "weft/weft.hpp"

namespace {

using weft::detail::Owned, weft::detail::take;

class TwoTowerApi : public testing::Test {
 protected:
  void SetUp() override {
    weft::test::write_two_tower(folder.path());
    runtime = *weft::Runtime::create({.threads = 1,
                                      .plugin_folders = {WEFT_BINARY_DIR "/lib/weft/plugins", WEFT_EXAMPLE_PLUGINS},
                                      .use_environment = false});
  }
  weft::Status load(const char* roles) {
    weft_model_options o = WEFT_INIT(weft_model_options);
    o.backend = "reference", o.precision = "exact", o.roles = roles;
    weft_model* raw = nullptr;
    WEFT_CHECK_OK(take(weft_model_load(runtime.handle(), folder.path().c_str(), &o, &raw)));
    model.reset(raw);
    return {};
  }
  std::vector<float> look(int64_t patches) const {
    weft_graph_call* raw = nullptr;
    EXPECT_TRUE(take(weft_graph_call_new(model.get(), "embed-image", &raw)).ok());
    const Owned<weft_graph_call> call(raw);
    std::vector<float> values(static_cast<std::size_t>(patches * 12), 0.25f);
    const int64_t dims[] = {patches, 12};
    const weft_array array{values.data(), dims, WEFT_F32, 2};
    EXPECT_TRUE(take(weft_graph_call_set(raw, weft::detail::view("patches"), &array)).ok());
    EXPECT_TRUE(take(weft_graph_call_run(raw, nullptr)).ok());
    weft_array out{};
    EXPECT_TRUE(take(weft_graph_call_output(raw, weft::detail::view("embeddings"), &out)).ok());
    EXPECT_EQ(out.rank, 2u);
    EXPECT_EQ(out.dims[0], patches / 2);
    const auto* data = static_cast<const float*>(out.data);
    return {data, data + out.dims[0] * out.dims[1]};
  }

  const weft::testing_files::TempFolder folder;
  weft::Runtime runtime;
  Owned<weft_model> model;
};

TEST_F(TwoTowerApi, A_picture_stands_among_tokens) {
  ASSERT_TRUE(load("predict-tokens,embed-image").ok());
  std::vector<float> picture = look(2);
  ASSERT_EQ(picture.size(), 16u);
  weft_session* raw = nullptr;
  ASSERT_TRUE(take(weft_session_new(model.get(), &raw)).ok());
  const Owned<weft_session> session(raw);
  const std::array<int32_t, 2> tokens{3, 0}, embedded{0, 1};
  std::vector<float> embeddings(16);
  embeddings.insert(embeddings.end(), picture.begin(), picture.end());
  const weft_token_input inputs[] = {{weft::detail::view("embedded"), embedded.data(), sizeof embedded},
                                     {weft::detail::view("embeddings"), embeddings.data(), 32 * sizeof(float)}};
  const auto logits = [&](uint32_t n_inputs) {
    int32_t sequence = -1;
    EXPECT_TRUE(take(weft_session_open(raw, &sequence)).ok());
    weft_step_item item = WEFT_INIT(weft_step_item);
    item.sequence = sequence, item.tokens = tokens.data(), item.n_tokens = tokens.size();
    item.inputs = inputs, item.n_inputs = n_inputs;
    weft_logits out{};
    const weft_limits limits = WEFT_INIT(weft_limits);
    EXPECT_TRUE(take(weft_session_step_with(raw, &item, 1, sizeof item, &limits, &out)).ok());
    const std::vector<float> row(out.data, out.data + out.vocab);
    EXPECT_TRUE(take(weft_session_close(raw, sequence)).ok());
    return row;
  };
  EXPECT_NE(logits(2), logits(0));
  EXPECT_EQ(logits(2), logits(2));
}

TEST_F(TwoTowerApi, Limits_hold_for_steps_and_calls) {
  ASSERT_TRUE(load("embed-image,predict-tokens").ok());
  weft_limits limits = WEFT_INIT(weft_limits);
  limits.timeout_ms = 0;
  weft_session* raw = nullptr;
  ASSERT_TRUE(take(weft_session_new_for(model.get(), "predict-tokens", &raw)).ok());
  const Owned<weft_session> session(raw);
  int32_t sequence = -1;
  ASSERT_TRUE(take(weft_session_open(raw, &sequence)).ok());
  const int32_t token = 1;
  weft_step_item item = WEFT_INIT(weft_step_item);
  item.sequence = sequence, item.tokens = &token, item.n_tokens = 1;
  weft_logits out{};
  EXPECT_EQ(take(weft_session_step_with(raw, &item, 1, sizeof item, &limits, &out)).code(),
            weft::Code::kDeadlineExceeded);
  int64_t length = -1;
  EXPECT_TRUE(take(weft_session_length(raw, sequence, &length)).ok());
  EXPECT_EQ(length, 0);
  EXPECT_TRUE(take(weft_session_step(raw, &item, 1, sizeof item, &out)).ok());
}

TEST_F(TwoTowerApi, Roles_that_are_not_there_are_named) {
  EXPECT_EQ(load("predict-tokens,similarity").code(), weft::Code::kFailedPrecondition);
  ASSERT_TRUE(load(nullptr).ok());
  weft_graph_call* raw = nullptr;
  EXPECT_EQ(take(weft_graph_call_new(model.get(), "embed-image", &raw)).code(), weft::Code::kFailedPrecondition);
  EXPECT_EQ(raw, nullptr);
  weft_text text{};
  ASSERT_TRUE(take(weft_model_describe(model.get(), &text)).ok());
  EXPECT_NE(std::string_view(text.data).find(R"({"name":"look","role":"embed-image","whole_sequences":false})"),
            std::string_view::npos);
  weft_text_free(&text);
}

}  // namespace
