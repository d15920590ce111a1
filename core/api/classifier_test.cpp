// Classifiers through weft.hpp, and so through weft.h.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/family_golden.hpp"
#include "tests/hostile_files.hpp"
#include "weft/weft.hpp"

namespace {

const std::string kGoldens = WEFT_SOURCE_DIR "/tests/golden/classify/";

const weft::Options kReference = {.backend = "reference"};

weft::Runtime runtime() {
  return *weft::Runtime::create({.plugin_folders = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false});
}

struct Written {
  weft::test::FamilyGolden golden;
  weft::testing_files::TempFolder folder;
  explicit Written(const std::string& name) : golden(weft::test::read_family_golden(kGoldens + name + ".json")) {
    weft::test::write_folder(golden, folder.path());
    if (golden.json.contains("preprocessor"))
      folder.write("preprocessor_config.json", golden.json["preprocessor"].dump());
  }
  void add_words() const {
    folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\ndog\n");
    folder.write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true})");
  }
};

TEST(Cpp, An_image_classifier_takes_files_and_pixels) {
  const Written w("vit.first");
  auto c = weft::ImageClassifier::from_preset(w.folder.path(), kReference, runtime());
  ASSERT_TRUE(c.ok()) << c.status().message();
  EXPECT_EQ(c->labels(), (std::vector<std::string>{"cat", "dog (1)", "bird", "dog (3)"}));
  EXPECT_NE(c->summary().find("by vit"), std::string::npos) << c->summary();
  const std::vector<float> want = weft::test::unpack(w.golden.json["images"]["rgb.png"]);
  auto classes = c->classify(weft::testing_files::read_file(kGoldens + "images/rgb.png"));
  ASSERT_TRUE(classes.ok()) << classes.status().message();
  ASSERT_EQ(classes->logits.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(classes->logits[i], want[i], 1e-3);
  EXPECT_EQ(classes->best, 2u);
  EXPECT_GT(classes->scores[2], 0.7f);

  const std::vector<std::uint8_t> pixels(3 * 40 * 50, 128);
  auto flat = c->classify(pixels.data(), 40, 50);
  ASSERT_TRUE(flat.ok()) << flat.status().message();
  EXPECT_EQ(flat->logits.size(), want.size());
  EXPECT_EQ(c->classify(pixels.data(), 0, 50).status().code(), weft::Code::kInvalidArgument);
  EXPECT_EQ(c->classify(pixels.data(), 1u << 20, 1u << 20).status().code(), weft::Code::kResourceExhausted);
  EXPECT_EQ(c->classify("no image").status().code(), weft::Code::kInvalidArgument);
  weft_str name{};
  weft_status* status = weft_classifier_label(c->handle(), 4, &name);
  EXPECT_EQ(weft_status_code(status), WEFT_OUT_OF_RANGE);
  weft_status_free(status);
}

TEST(Cpp, Many_texts_get_what_each_gets_alone) {
  const Written w("bert.single");
  w.add_words();
  weft::Options options = kReference;
  options.sequences = 4;
  auto c = weft::TextClassifier::from_preset(w.folder.path(), options, runtime());
  ASSERT_TRUE(c.ok()) << c.status().message();
  const std::vector<std::string_view> texts = {"the cat", "a dog sat on the mat", "bird"}, pairs = {"a", "b c", "d"};
  const auto all = c->classify(texts), together = c->classify(texts, pairs);
  ASSERT_TRUE(all.ok() && together.ok()) << all.status().message() << together.status().message();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ((*all)[i].logits, c->classify(texts[i])->logits) << i;
    EXPECT_EQ((*together)[i].logits, c->classify(texts[i], pairs[i])->logits) << i;
  }
  EXPECT_EQ(c->classify(texts, std::span(pairs).first(2)).status().code(), weft::Code::kInvalidArgument);
  EXPECT_TRUE(c->classify(std::span<const std::string_view>())->empty());
}

TEST(Cpp, Limits_end_the_calls_of_classifiers) {
  const Written images("vit.first"), texts("bert.single");
  texts.add_words();
  auto of_images = weft::ImageClassifier::from_preset(images.folder.path(), kReference, runtime());
  auto of_texts = weft::TextClassifier::from_preset(texts.folder.path(), kReference, runtime());
  ASSERT_TRUE(of_images.ok() && of_texts.ok());
  const weft::Limits over{.deadline = std::chrono::steady_clock::now()};
  const std::string file = weft::testing_files::read_file(kGoldens + "images/rgb.png");
  const std::vector<std::uint8_t> pixels(3 * 40 * 50, 128);
  const std::string_view text = "the cat";
  EXPECT_EQ(of_texts->classify({&text, 1}, {}, over).status().code(), weft::Code::kDeadlineExceeded);
  EXPECT_EQ(of_images->classify(file, over).status().code(), weft::Code::kDeadlineExceeded);
  EXPECT_EQ(of_images->classify(pixels.data(), 40, 50, over).status().code(), weft::Code::kDeadlineExceeded);
  const weft::Limits enough{.deadline = std::chrono::steady_clock::now() + std::chrono::hours(1)};
  EXPECT_TRUE(of_texts->classify({&text, 1}, {}, enough).ok());
  EXPECT_TRUE(of_images->classify(file, enough).ok());
}

TEST(Cpp, A_classifier_of_the_other_kind_is_refused) {
  const Written images("vit.first"), texts("bert.single");
  EXPECT_NE(weft::TextClassifier::from_preset(images.folder.path(), kReference, runtime())
                .status()
                .message()
                .find("images, not texts"),
            std::string::npos);
  EXPECT_NE(weft::ImageClassifier::from_preset(texts.folder.path(), kReference, runtime())
                .status()
                .message()
                .find("texts, not images"),
            std::string::npos);
}

}  // namespace
