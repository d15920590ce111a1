// Encoders against transformers: hidden states of texts of several lengths, pooled, alone and in one step.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/runtime/embedder.hpp"
#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

using testing_files::TempFolder;
using Texts = std::vector<std::vector<int32_t>>;

/// Every golden value, pooled by the mean and made length 1.
std::vector<float> expected(const std::vector<float>& hidden, std::size_t width) {
  std::vector<float> out(width);
  for (std::size_t i = 0; i < hidden.size(); ++i) out[i % width] += hidden[i];
  double squares = 0;
  for (float v : out) squares += static_cast<double>(v * v);
  for (float& v : out) v = static_cast<float>(v / std::sqrt(squares));
  return out;
}

TEST(Embed, Bert_gives_what_transformers_computes_alone_and_in_company) {
  const std::string file = WEFT_SOURCE_DIR "/tests/golden/embed/bert.json";
  test::FamilyGolden golden = test::read_family_golden(file);
  const TempFolder folder;
  test::write_folder(golden, folder.path());
  std::filesystem::create_directory(folder / "1_Pooling");
  folder.write("1_Pooling/config.json", R"({"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true})");
  folder.write("modules.json", R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
    {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])");
  const Texts texts = golden.json["texts"].get<Texts>();
  for (const char* backend : {"reference", "cpu"}) {
    auto model = Model::load(test::engine(), folder.path(), {.backend = backend, .precision = "exact", .graph = "embed", .sequences = 3, .step_tokens = 64});
    ASSERT_TRUE(model.ok()) << model.status().message();
    auto embedder = Embedder::create(*model);
    ASSERT_TRUE(embedder.ok()) << embedder.status().message();
    auto together = embedder->embed(texts);
    ASSERT_TRUE(together.ok()) << together.status().message();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      golden.json["logits"] = golden.json["hidden"][i];
      folder.write("one.json", golden.json.dump());
      const std::vector<float> want = expected(test::read_family_golden(folder / "one.json").logits, 32);
      auto alone = embedder->embed(std::span(&texts[i], 1));
      ASSERT_TRUE(alone.ok()) << alone.status().message();
      EXPECT_LE(test::max_difference((*together)[i], want), 1e-3 * test::deviation(want)) << backend << " " << i;
      EXPECT_LE(test::max_difference((*alone)[0], want), 1e-3 * test::deviation(want)) << backend << " " << i;
    }
    const Texts longer{std::vector<int32_t>(25, 4)};
    EXPECT_EQ(embedder->embed(longer).status().code(), Code::kOutOfRange);
  }
  const Status other = Model::load(test::engine(), folder.path(), {.backend = "reference"}).status();
  EXPECT_NE(other.message().find("predicts no tokens"), std::string_view::npos) << other.message();
}

}  // namespace
}  // namespace weft
