// The skeletons of sdk/skeleton, as their authors find them: loaded without a refusal, and right.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/model/engine.hpp"
#include "core/model/interfaces.hpp"
#include "core/model/model.hpp"
#include "core/runtime/generate.hpp"
#include "tests/golden_checkpoint.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

std::shared_ptr<Engine> engine(const std::string& config = "{}") {
  auto made = Engine::create({.config_text = config,
                              .plugin_paths = {WEFT_SKELETON_PLUGINS, WEFT_BINARY_DIR "/lib/weft/plugins"},
                              .use_environment = false,
                              .threads = 2});
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

/// A checkpoint of the skeleton family, with a vocabulary of its size that the skeleton tokenizer reads.
void write_words(const testing_files::TempFolder& folder) {
  folder.write("config.json", R"({"model_type": "skeleton_lm", "vocab": 4, "width": 2, "context": 32})");
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "SkeletonTokenizer", "eos_token": "</s>"})");
  folder.write("vocab.txt", "<unk>\n</s>\ntick\ntock\n");
  // The token after tick is tock, after tock it is tick, and after all else </s>.
  const std::vector<float> embedding = {0, 1, 0, 1, 1, 0, -1, 0}, head = {0, 0, 0, 0.5, -1, 0, 1, 0};
  folder.write("model.skeleton", "skeleton 1\nembedding 4 2\nhead 4 2\n\n" + bytes_of(embedding) + bytes_of(head));
}

TEST(Skeletons, Tokenizer_lets_a_model_of_its_class_answer) {
  const testing_files::TempFolder folder;
  write_words(folder);
  auto e = engine();
  auto model = Model::load(*e, folder.path(), {});
  ASSERT_TRUE(model.ok()) << model.status().message();
  ASSERT_NE((*model)->text(), nullptr) << (*model)->text_missing();
  const Tokenizer& tokenizer = (*model)->text()->tokenizer();
  EXPECT_EQ((*model)->stop_ids(), std::vector<int32_t>{1});
  auto read = tokenizer.encode_with_offsets("tick  tack tock");
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->ids, (std::vector<int32_t>{2, 0, 3, 1}));
  EXPECT_EQ(read->offsets[1].begin, 6u);
  EXPECT_EQ(read->offsets[1].end, 10u);
  auto session = std::move((*model)->new_session()).value();
  GenerateOptions greedy;
  greedy.max_tokens = 3, greedy.sampling.greedy = true;
  const auto prompt = *tokenizer.encode("tick", {.add_special = false});
  auto answer = Generation::create(*session, *session->open(), prompt, &tokenizer, greedy);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  while ((*answer)->result().stop.empty()) ASSERT_TRUE((*answer)->next().ok());
  EXPECT_EQ((*answer)->result().text, "tock tick tock");
}

TEST(Skeletons, Tokenizer_reads_the_vocabulary_of_a_GGUF_file_of_its_kind) {
  using testing_files::Gguf;
  const testing_files::TempFolder folder;
  folder.write("vocab.txt", "another model's");
  Gguf file;
  file.pair("general.architecture", Gguf::STRING, Gguf::text("llama"));
  file.pair("tokenizer.ggml.model", Gguf::STRING, Gguf::text("skeleton"));
  const std::vector<std::string> tokens = {"<unk>", "</s>", "tick", "tock"};
  std::string bytes;
  for (const std::string& token : tokens) bytes += Gguf::text(token);
  file.array("tokenizer.ggml.tokens", Gguf::STRING, tokens.size(), bytes);
  folder.write("model.gguf", file.tensor("t", {4, 2}, 0, 0).data(32).bytes());
  auto e = engine();
  auto checkpoint = e->open_checkpoint(folder / "model.gguf");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  const auto text = TextSide::load(*e, **checkpoint);
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(*text->tokenizer().encode("tock tick"), (std::vector<int32_t>{3, 2, 1}));
  EXPECT_EQ(*text->tokenizer().decode(std::vector<int32_t>{3, 2}), "tock tick");
}

TEST(Skeletons, Without_the_tokenizer_its_class_is_refused_by_name) {
  const testing_files::TempFolder folder;
  write_words(folder);
  auto e = engine(R"({"plugins": {"disable": ["com.example.tokenizer"]}})");
  auto model = Model::load(*e, folder.path(), {});
  ASSERT_TRUE(model.ok()) << model.status().message();  // ids can be given all the same
  EXPECT_EQ((*model)->text(), nullptr);
  for (const char* part : {"tokenizer_class 'SkeletonTokenizer' is not implemented", "no plugin offers the tokenizer",
                           "com.example.tokenizer offers it and is disabled"}) {
    EXPECT_NE((*model)->text_missing().find(part), std::string::npos) << (*model)->text_missing();
  }
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
  e->plugins().interfaces(kTokenizers);
  ASSERT_TRUE(e->open_devices("skeleton").ok());
  int loaded = 0;
  for (const Candidate& c : e->plugins().report()) {
    EXPECT_NE(c.state, PluginState::kRefused) << c.manifest.id << ": " << c.reason;
    loaded += c.manifest.id.starts_with("com.example.") && c.state == PluginState::kLoaded;
  }
  EXPECT_EQ(loaded, 3);  // backend, model and tokenizer; a format is opened with the first checkpoint
}

}  // namespace
}  // namespace weft
