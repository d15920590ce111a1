// weft classify: one JSON object an input.
#include <gtest/gtest.h>

#include "apps/weft/tests/process.hpp"
#include "tests/family_golden.hpp"
#include "tests/hostile_files.hpp"

namespace weft::test {
namespace {

const std::string kGoldens = WEFT_SOURCE_DIR "/tests/golden/classify/";

class Classify : public testing::Test {
 protected:
  explicit Classify(const std::string& name = "vit.first") : golden(read_family_golden(kGoldens + name + ".json")) {
    write_folder(golden, folder.path());
    if (golden.json.contains("preprocessor"))
      folder.write("preprocessor_config.json", golden.json["preprocessor"].dump());
  }
  const FamilyGolden golden;
  const testing_files::TempFolder folder;
};

class ClassifyTexts : public Classify {
 protected:
  ClassifyTexts() : Classify("bert.single") {
    std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n.\nthe\nbird\nis\na\ncat\ndog\n";
    for (int i = 12; i < 48; ++i) vocabulary += "word" + std::to_string(i) + "\n";
    folder.write("vocab.txt", vocabulary);
    folder.write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true})");
  }
};

void expect_logits(const Json& result, const std::string& packed) {
  const std::vector<float> want = unpack(packed);
  ASSERT_EQ(result["logits"].size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(result["logits"][i].get<float>(), want[i], 1e-3);
}

TEST_F(Classify, Prints_label_scores_and_logits_of_each_image) {
  const Outcome o = weft({"classify", folder.path(), kGoldens + "images/rgb.png", kGoldens + "images/grey.png"});
  ASSERT_EQ(o.exit_code, 0) << o.err;
  const std::size_t line = o.out.find('\n');
  const Json first = parse_json(o.out.substr(0, line)).value();
  const Json second = parse_json(o.out.substr(line + 1)).value();
  EXPECT_TRUE(o.out.starts_with(R"({"label":"bird","scores":{"cat":0.0)")) << o.out;
  EXPECT_EQ(first["label"], "bird");
  EXPECT_EQ(first["scores"].size(), 4u);
  expect_logits(first, golden.json["images"]["rgb.png"]);
  expect_logits(second, golden.json["images"]["grey.png"]);
}

TEST_F(Classify, An_image_that_cannot_be_read_is_an_error_that_names_it) {
  const std::string gif = folder.write("picture.gif", "GIF89a");
  const std::pair<std::string, std::string> cases[] = {{gif, "picture.gif: is a GIF file"},
                                                       {folder / "none.png", "none.png"}};
  for (const auto& [path, part] : cases) {
    const Outcome o = weft({"classify", folder.path(), path});
    EXPECT_EQ(o.exit_code, 1);
    EXPECT_EQ(o.out, "");
    EXPECT_NE(o.err.find(part), std::string::npos) << o.err;
  }
  EXPECT_NE(weft({"classify", folder.path()}).err.find("standard input is empty"), std::string::npos);
}

TEST_F(ClassifyTexts, Takes_texts_and_files_of_texts) {
  const std::string file = folder.write("text.txt", "The cat is word13.\n");
  const std::string name = folder.write("dog", "the cat is word13.");
  const std::string expected = weft({"classify", folder.path(), "the cat is word13."}).out;
  EXPECT_TRUE(expected.starts_with(R"({"label":"label )")) << expected;
  EXPECT_EQ(weft({"classify", folder.path(), file}).out, expected);
  EXPECT_EQ(weft({"classify", folder.path(), name}).out, expected);
  EXPECT_NE(weft({"classify", folder.path(), name, "--text"}).out, expected);
  EXPECT_EQ(weft({"classify", folder.path(), "dog", "--text"}).out, weft({"classify", folder.path(), "dog"}).out);
}

TEST_F(Classify, Takes_an_image_from_standard_input) {
  const std::string image = kGoldens + "images/rgb.png";
  const std::string expected = weft({"classify", folder.path(), image}).out;
  EXPECT_EQ(weft({"classify", folder.path()}, {.input = read_file(image)}).out, expected);
}

TEST_F(ClassifyTexts, Takes_a_text_from_standard_input) {
  const std::string expected = weft({"classify", folder.path(), "the cat is word13."}).out;
  EXPECT_EQ(weft({"classify", folder.path()}, {.input = "the cat is word13.\n"}).out, expected);
  EXPECT_EQ(weft({"classify", folder.path(), "-"}, {.input = "the cat is word13."}).out, expected);
}

TEST_F(ClassifyTexts, A_text_longer_than_the_model_takes_is_cut_with_a_warning) {
  std::string cut, text;
  for (int i = 0; i < 22; ++i) cut += "cat ";
  text = cut + "dog dog";
  const Outcome o = weft({"classify", folder.path(), text});
  EXPECT_EQ(o.out, weft({"classify", folder.path(), cut}).out);
  EXPECT_NE(o.err.find("a text of 26 tokens is cut to the 24"), std::string::npos) << o.err;
}

}  // namespace
}  // namespace weft::test
