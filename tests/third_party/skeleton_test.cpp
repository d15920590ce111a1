// The skeletons of sdk/skeleton, as their authors find them: loaded without a refusal, and right.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/model/engine.hpp"
#include "core/model/model.hpp"
#include "tests/golden_checkpoint.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

std::shared_ptr<Engine> engine() {
  auto made = Engine::create({.plugin_paths = {WEFT_SKELETON_PLUGINS, WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false, .threads = 2});
  EXPECT_TRUE(made.ok()) << made.status().message();
  return *made;
}

std::string bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

TEST(Skeletons, Format_and_family_read_a_checkpoint_and_give_its_logits) {
  constexpr int64_t kVocab = 3;
  const testing_files::TempFolder folder;
  folder.write("config.json", R"({"model_type": "skeleton_lm", "vocab": 3, "width": 2, "context": 8})");
  folder.write("model.skeleton", "skeleton 1\nembedding 3 2\nhead 3 2\n\n" + bytes_of({1, 2, 3, 4, 5, 6}) + bytes_of({1, 0, 0, 1, 1, -1}));
  auto e = engine();
  auto model = Model::load(*e, folder.path(), {});
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto session = std::move((*model)->new_session()).value();
  const std::vector<int32_t> ids = {2, 0};
  const StepItem item{*session->open(), ids, true};
  auto logits = session->step({&item, 1});
  ASSERT_TRUE(logits.ok()) << logits.status().message();
  ASSERT_EQ(logits->rows, 2);
  ASSERT_EQ(logits->width, kVocab);
  const std::vector<float> expected = {5, 6, -1, 1, 2, -1};  // [ids, vocab]: rows x, y, x - y of the embeddings
  EXPECT_EQ(std::vector<float>(logits->data, logits->data + ids.size() * kVocab), expected);
}

TEST(Skeletons, Format_refuses_dims_that_the_file_does_not_hold) {
  auto e = engine();
  for (const char* line : {"t 3 2", "t 99999999999999999999", "t 4 x", "t 0", "t -1", "t", "t 4294967296 4294967296 4"}) {
    const testing_files::TempFolder folder;
    folder.write("model.skeleton", "skeleton 1\n" + std::string(line) + "\n\n" + bytes_of({1, 2, 3, 4, 5}));
    EXPECT_FALSE(e->open_checkpoint(folder.path()).ok()) << line;
  }
}

TEST(Skeletons, Backend_takes_its_part_of_a_llama) {
  auto e = engine();
  const std::filesystem::path folder = WEFT_SOURCE_DIR "/tests/golden/llama/llama1";
  auto model = Model::load(*e, folder.string(), {.backend = "skeleton", .kv = "f32"});
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_NE((*model)->summary().find("skeleton"), std::string::npos) << (*model)->summary();
  const test::Golden golden = test::read_golden(*e, folder);
  auto session = std::move((*model)->new_session()).value();
  const StepItem item{*session->open(), golden.ids, true};
  auto logits = session->step({&item, 1});
  ASSERT_TRUE(logits.ok()) << logits.status().message();
  const std::span<const float> ours(logits->data, golden.logits.size());
  EXPECT_LE(test::max_difference(ours, golden.logits), 1e-3 * test::deviation(golden.logits));
}

TEST(Skeletons, None_is_refused) {
  auto e = engine();
  e->converters(), e->architectures();
  ASSERT_TRUE(e->open_devices("skeleton").ok());
  int loaded = 0;
  for (const Candidate& c : e->plugins().report()) {
    EXPECT_NE(c.state, PluginState::kRefused) << c.manifest.id << ": " << c.reason;
    loaded += c.manifest.id.starts_with("com.example.") && c.state == PluginState::kLoaded;
  }
  EXPECT_EQ(loaded, 2);  // backend and model; a format is opened with the first checkpoint
}

}  // namespace
}  // namespace weft
