// Plugins made of the skeletons, of both languages, as their authors find them: loaded without a refusal, and right.
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

/// The plugins of one language.
struct SkeletonsIn : testing::TestWithParam<std::string> {
  const std::string language = GetParam();
};
INSTANTIATE_TEST_SUITE_P(, SkeletonsIn, testing::Values("cpp", "c"));

/// A checkpoint in the format of a language's skeleton, of the family in C and with a vocabulary of its size for the
/// language's tokenizer.
void write_words(const testing_files::TempFolder& folder, const std::string& language) {
  folder.write("config.json", R"({"model_type": "c_family", "vocab_size": 4, "hidden_size": 2,
                                  "max_position_embeddings": 32})");
  folder.write("tokenizer_config.json", R"({"tokenizer_class": ")" + language + R"(_tokenizer", "eos_token": "</s>"})");
  folder.write("vocab.txt", "<unk>\n</s>\ntick\ntock\n");
  // The product with tick is largest for tock, with tock for </s>.
  const std::vector<float> embeddings = {-1, -1, 1.5, 5, 1, 0, 2, 1};
  folder.write("model." + language + "_format",
               language + "_format 1\nmodel.embed_tokens.weight 4 2\n\n" + bytes_of(embeddings));
}

TEST_P(SkeletonsIn, Format_and_tokenizer_let_a_model_answer) {
  const testing_files::TempFolder folder;
  write_words(folder, language);
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
  EXPECT_EQ((*answer)->result().text, "tock");
}

TEST(Skeletons, Tokenizer_reads_the_vocabulary_of_a_GGUF_file_of_its_kind) {
  using testing_files::Gguf;
  const testing_files::TempFolder folder;
  folder.write("vocab.txt", "another model's");
  Gguf file;
  file.pair("general.architecture", Gguf::STRING, Gguf::text("llama"));
  file.pair("tokenizer.ggml.model", Gguf::STRING, Gguf::text("c_tokenizer"));
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
  write_words(folder, "cpp");
  auto e = engine(R"({"plugins": {"disable": ["com.example.cpp_tokenizer"]}})");
  auto model = Model::load(*e, folder.path(), {});
  ASSERT_TRUE(model.ok()) << model.status().message();  // ids can be given all the same
  EXPECT_EQ((*model)->text(), nullptr);
  for (const char* part : {"tokenizer_class 'cpp_tokenizer' is not implemented", "no plugin offers the tokenizer",
                           "com.example.cpp_tokenizer offers it and is disabled"}) {
    EXPECT_NE((*model)->text_missing().find(part), std::string::npos) << (*model)->text_missing();
  }
}

TEST_P(SkeletonsIn, Format_refuses_what_the_file_does_not_hold) {
  auto e = engine();
  const std::string suffix = language + "_format", first = suffix + " 1\n";
  const auto opens = [&](const std::string& text) {
    const testing_files::TempFolder folder;
    folder.write("model." + suffix, text);
    return e->open_checkpoint(folder.path()).ok();
  };
  const std::string values = bytes_of({1, 2, 3, 4, 5});
  EXPECT_TRUE(opens(first + "t 5\n\n" + values));
  for (const char* line : {"t 3 2", "t 99999999999999999999", "t 4 x", "t 0", "t -1", "t", "t 4294967296 4294967296 4",
                           "t 1 1 1 1 1 1 1 1 1"})
    EXPECT_FALSE(opens(first + line + "\n\n" + values)) << line;
  for (const std::string& text : {std::string(), std::string("x"), first, first + "t 1\n", first + "t 5\n" + values})
    EXPECT_FALSE(opens(text)) << text;
}

TEST_P(SkeletonsIn, Backend_takes_its_part_of_a_llama) {
  auto e = engine();
  const std::filesystem::path folder = WEFT_SOURCE_DIR "/tests/golden/llama/llama1";
  auto model = Model::load(*e, folder.string(), {.backend = language + "_backend", .kv = "f32"});
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_NE((*model)->summary().find(language + "_backend"), std::string::npos) << (*model)->summary();
  const test::Golden golden = test::read_golden(*e, folder);
  auto session = std::move((*model)->new_session()).value();
  const StepItem item{*session->open(), golden.ids, true};
  auto logits = session->step({&item, 1});
  ASSERT_TRUE(logits.ok()) << logits.status().message();
  const std::span<const float> ours(logits->data, golden.logits.size());
  EXPECT_LE(test::max_difference(ours, golden.logits), 1e-3 * test::deviation(golden.logits));
}

TEST_P(SkeletonsIn, Source_refuses_options_that_it_does_not_know) {
  const std::string id = "com.example." + language + "_source";
  auto e = engine(R"({"plugins": {"options": {")" + id + R"(": {"rot": "/"}}}})");
  e->plugins().interfaces(kSources);
  for (const Candidate& c : e->plugins().report()) {
    if (c.manifest.id != id) continue;
    EXPECT_EQ(c.state, PluginState::kRefused);
    EXPECT_NE(c.reason.find("option rot is not known, known is root"), std::string::npos) << c.reason;
  }
}

TEST(Skeletons, None_is_refused) {
  auto e = engine();
  for (const InterfaceKind* kind : kInterfaces) e->plugins().interfaces(*kind);
  int loaded = 0;
  for (const Candidate& c : e->plugins().report()) {
    EXPECT_NE(c.state, PluginState::kRefused) << c.manifest.id << ": " << c.reason;
    loaded += c.manifest.id.starts_with("com.example.") && c.state == PluginState::kLoaded;
  }
  EXPECT_EQ(loaded, 13);  // six kinds in two languages, and the tutorial's
}

}  // namespace
}  // namespace weft
