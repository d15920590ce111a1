// Embedders through weft.hpp, and so through weft.h.
#include <gtest/gtest.h>

#include "tests/family_golden.hpp"
#include "tests/hostile_files.hpp"
#include "weft/weft.hpp"

namespace {

const weft::Options kReference = {.backend = "reference"};

weft::Runtime runtime() {
  return *weft::Runtime::create({.plugin_folders = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false});
}

class CppEmbedder : public testing::Test {
 protected:
  void SetUp() override {
    weft::test::write_folder(golden_, folder_.path());
    folder_.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n");
  }
  weft::test::FamilyGolden golden_ = weft::test::read_family_golden(WEFT_SOURCE_DIR "/tests/golden/embed/bert.json");
  weft::testing_files::TempFolder folder_;
};

TEST_F(CppEmbedder, Ids_give_the_mean_of_what_transformers_computes) {
  auto e = weft::TextEmbedder::from_preset(folder_.path(), kReference, runtime());
  ASSERT_TRUE(e.ok()) << e.status().message();
  EXPECT_NE(e->summary().find("by bert"), std::string::npos) << e->summary();
  for (std::size_t t = 0; t < golden_.json["texts"].size(); ++t) {
    const auto ids = golden_.json["texts"][t].get<std::vector<std::int32_t>>();
    const std::vector<float> hidden = weft::test::unpack(golden_.json["hidden"][t]);
    auto result = e->embed(ids);
    ASSERT_TRUE(result.ok()) << result.status().message();
    EXPECT_EQ(result->tokens, ids);
    const std::size_t width = result->vector.size();
    ASSERT_EQ(hidden.size(), width * ids.size());
    for (std::size_t i = 0; i < width; ++i) {
      double sum = 0;
      for (std::size_t row = 0; row < ids.size(); ++row) sum += static_cast<double>(hidden[row * width + i]);
      EXPECT_NEAR(result->vector[i], sum / static_cast<double>(ids.size()), 1e-3) << t << " " << i;
    }
  }
}

TEST_F(CppEmbedder, A_text_gives_what_its_ids_give) {
  auto e = weft::TextEmbedder::from_preset(folder_.path(), kReference, runtime());
  ASSERT_TRUE(e.ok()) << e.status().message();
  auto text = e->embed("the cat");
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(text->tokens, (std::vector<std::int32_t>{2, 5, 6, 3}));
  auto ids = e->embed(text->tokens);
  ASSERT_TRUE(ids.ok()) << ids.status().message();
  EXPECT_EQ(ids->vector, text->vector);
}

TEST_F(CppEmbedder, Ids_that_cannot_be_are_refused_and_the_next_are_served) {
  auto e = weft::TextEmbedder::from_preset(folder_.path(), kReference, runtime());
  ASSERT_TRUE(e.ok()) << e.status().message();
  const std::vector<std::int32_t> good{2, 5, 3}, outside{2, 1 << 20}, negative{-1}, many(1 << 16, 5);
  EXPECT_EQ(e->embed(std::vector<std::int32_t>{}).status().code(), weft::Code::kInvalidArgument);
  for (const auto& bad : {outside, negative, many})
    EXPECT_EQ(e->embed(bad).status().code(), weft::Code::kOutOfRange) << e->embed(bad).status().message();
  EXPECT_TRUE(e->embed(good).ok());
}

TEST_F(CppEmbedder, Many_texts_give_what_each_alone_gives_in_their_order) {
  folder_.write("config_sentence_transformers.json", R"({"prompts": {"query": "the "}})");
  auto e = weft::TextEmbedder::from_preset(folder_.path(), kReference, runtime());
  ASSERT_TRUE(e.ok()) << e.status().message();
  const std::vector<std::string_view> texts = {"the cat", "", "cat cat cat", "the"};
  const auto all = e->embed(texts);
  ASSERT_TRUE(all.ok()) << all.status().message();
  ASSERT_EQ(all->size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto alone = e->embed(texts[i]);
    for (std::size_t d = 0; d < alone->vector.size(); ++d) EXPECT_NEAR((*all)[i][d], alone->vector[d], 1e-5);
  }
  const std::vector<std::string_view> cat = {"cat"};
  EXPECT_EQ((*e->embed(cat, {.prompt_name = "query"}))[0], e->embed("the cat")->vector);
  EXPECT_EQ((*e->embed(cat, {.dimensions = 3}))[0].size(), 3u);
  EXPECT_TRUE(e->embed(std::vector<std::string_view>{})->empty());
  EXPECT_EQ(e->embed(cat, {.pooling = "median"}).status().code(), weft::Code::kInvalidArgument);
  EXPECT_EQ(e->embed(cat, {.prompt_name = "title"}).status().code(), weft::Code::kNotFound);
  EXPECT_EQ(e->embed(cat, {.limits = {.deadline = std::chrono::steady_clock::now()}}).status().code(),
            weft::Code::kDeadlineExceeded);
}

TEST(Cpp, An_embedder_of_images_is_refused) {
  const weft::testing_files::TempFolder folder;
  weft::test::write_folder(weft::test::read_family_golden(WEFT_SOURCE_DIR "/tests/golden/classify/vit.bare.json"),
                           folder.path());
  EXPECT_FALSE(weft::TextEmbedder::from_preset(folder.path(), kReference, runtime()).ok());
}

}  // namespace
