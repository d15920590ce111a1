// Devices, layers and budgets as hosts set them.
#include "api_testing.hpp"
#include "weft/weft.hpp"

namespace {

using namespace weft::api_test;

/// The error of loading, or of making a session; empty: there is none.
std::string refusal(const weft_model_options& options) {
  const weft_runtime_options o = isolated();
  weft_runtime* runtime = nullptr;
  weft_model* model = nullptr;
  weft_session* session = nullptr;
  if (!good(weft_runtime_new(&o, &runtime))) return "no runtime";
  weft_status* s = weft_model_load(runtime, kWindowed.c_str(), &options, &model);
  if (s == nullptr) s = weft_session_new(model, &session);
  const std::string text = s == nullptr ? "" : message(s);
  weft_session_free(session);
  weft_model_free(model);
  weft_runtime_free(runtime);
  return text;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

TEST(Devices, Are_listed_with_what_backend_takes) {
  const auto runtime = weft::Runtime::create({.plugin_folders = {kPlugins[0]}, .use_environment = false});
  ASSERT_TRUE(runtime.ok());
  const auto devices = runtime->devices();
  ASSERT_TRUE(devices.ok()) << devices.status().message();
  EXPECT_TRUE(has(*devices, "\"use\":\"cpu\"")) << *devices;
  EXPECT_TRUE(has(*devices, "\"plugin\":\"weft.reference\""));
  EXPECT_FALSE(weft::Runtime().devices().ok());
}

TEST(Devices, Layers_on_two_of_them_give_what_one_gives) {
  Loaded one(kWindowed);
  const std::vector<int32_t> expected = one.generate(greedy(12));
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.layers = "reference:0,cpu:1", m.precision = "exact";
  Loaded two(kWindowed, isolated(), m);
  EXPECT_TRUE(has(weft_model_summary(two.model), "cpu+reference")) << weft_model_summary(two.model);
  EXPECT_EQ(two.generate(greedy(12)), expected);
  m.layers = "auto";  // the host's memory holds all
  Loaded fitted(kWindowed, isolated(), m);
  EXPECT_EQ(fitted.generate(greedy(12)), expected);
}

TEST(Devices, Layers_that_overlap_miss_or_exceed_are_refused) {
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.layers = "cpu:0-1,reference:1";
  EXPECT_EQ(refusal(m), "layer 1 is given to cpu and to reference");
  m.layers = "cpu:0";
  EXPECT_TRUE(has(refusal(m), "is given to no device"));
  m.layers = "cpu:0-99";
  EXPECT_TRUE(has(refusal(m), "layers 0-99 are given to cpu, the model has layers 0-"));
  m.layers = "nothing:0-1";
  EXPECT_TRUE(has(refusal(m), "no backend is called \"nothing\""));
  m.layers = "cpu:0-1", m.strict_device = 1;
  EXPECT_TRUE(has(refusal(m), "one device is to run all"));
}

TEST(Budgets, A_cache_too_small_for_one_sequence_is_refused_and_one_for_some_is_shared) {
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.context = 64, m.cache_bytes = 1000;
  EXPECT_TRUE(has(refusal(m), "the states of one sequence take")) << refusal(m);
  m.sequences = 8, m.cache_bytes = 100000;
  Loaded l(kGguf, isolated(), m);
  EXPECT_EQ(l.generate(greedy(4)).size(), 4u);
}

TEST(Budgets, A_step_with_more_rows_of_logits_than_allowed_is_refused) {
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.logits_rows = 2;
  Loaded l(kGguf, isolated(), m);
  const int32_t tokens[] = {1, 2, 3};
  weft_step_item item{{WEFT_END(weft_step_item, n_tokens), 0}, l.sequence, 1, tokens, 3};
  weft_logits logits{};
  EXPECT_EQ(message(weft_session_step(l.session, &item, 1, sizeof item, &logits)),
            "a step with 3 rows of logits, at most 2");
  item.n_tokens = 2;
  EXPECT_TRUE(good(weft_session_step(l.session, &item, 1, sizeof item, &logits)));
  EXPECT_EQ(logits.rows, 2);
}

}  // namespace
