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

std::vector<float> unit(std::vector<float> v) {
  double squares = 0;
  for (float x : v) squares += static_cast<double>(x * x);
  for (float& x : v) x = static_cast<float>(x / std::sqrt(squares));
  return v;
}

/// Every golden value, pooled by the mean and made length 1.
std::vector<float> expected(const std::vector<float>& hidden, std::size_t width) {
  std::vector<float> out(width);
  for (std::size_t i = 0; i < hidden.size(); ++i) out[i % width] += hidden[i];
  return unit(std::move(out));
}

test::FamilyGolden golden_of(const std::string& name) {
  return test::read_family_golden(WEFT_SOURCE_DIR "/tests/golden/embed/" + name + ".json");
}

std::shared_ptr<Model> load(const char* backend, const std::string& path) {
  auto model = Model::load(test::engine(), path, {.backend = backend, .precision = "exact", .graph = "embed", .sequences = 3, .step_tokens = 64});
  EXPECT_TRUE(model.ok()) << model.status().message();
  return model.ok() ? *model : nullptr;
}

/// The golden's texts, alone and in one step.
void expect_golden(test::FamilyGolden golden, const std::shared_ptr<Model>& model) {
  ASSERT_TRUE(model);
  auto embedder = Embedder::create(model);
  ASSERT_TRUE(embedder.ok()) << embedder.status().message();
  const TempFolder scratch;
  const Texts texts = golden.json["texts"].get<Texts>();
  auto together = embedder->embed(texts);
  ASSERT_TRUE(together.ok()) << together.status().message();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    golden.json["logits"] = golden.json["hidden"][i];
    scratch.write("one.json", golden.json.dump());
    const std::vector<float> want = expected(test::read_family_golden(scratch / "one.json").logits, 32);
    auto alone = embedder->embed(std::span(&texts[i], 1));
    ASSERT_TRUE(alone.ok()) << alone.status().message();
    EXPECT_LE(test::max_difference(unit((*together)[i]), want), 1e-3 * test::deviation(want)) << i;
    EXPECT_LE(test::max_difference(unit((*alone)[0]), want), 1e-3 * test::deviation(want)) << i;
  }
}

TEST(Embed, Bert_gives_what_transformers_computes_alone_and_in_company) {
  const test::FamilyGolden golden = golden_of("bert");
  const TempFolder folder;
  test::write_folder(golden, folder.path());
  std::filesystem::create_directory(folder / "1_Pooling");
  folder.write("1_Pooling/config.json", R"({"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true})");
  folder.write("modules.json", R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
    {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])");
  for (const char* backend : {"reference", "cpu"}) {
    auto model = load(backend, folder.path());
    expect_golden(golden, model);
    const Texts one{{5, 6}}, longer{std::vector<int32_t>(25, 4)};
    auto embedder = Embedder::create(model);
    ASSERT_TRUE(embedder.ok());
    const std::vector<float> vector = std::move(embedder->embed(one)).value()[0];
    EXPECT_LE(test::max_difference(unit(vector), vector), 1e-6);  // as modules.json says
    EXPECT_EQ(embedder->embed(longer).status().code(), Code::kOutOfRange);
  }
  const Status other = Model::load(test::engine(), folder.path(), {.backend = "reference"}).status();
  EXPECT_NE(other.message().find("predicts no tokens"), std::string_view::npos) << other.message();
}

TEST(Embed, The_encoder_of_t5_alone_gives_what_transformers_computes) {
  if (!std::filesystem::exists(WEFT_SOURCE_DIR "/models/t5")) GTEST_SKIP() << "the family is gone";
  const test::FamilyGolden golden = golden_of("t5");
  const TempFolder folder, file;
  test::write_folder(golden, folder.path());
  test::write_gguf(golden, file / "model.gguf");
  for (const char* backend : {"reference", "cpu"}) {
    expect_golden(golden, load(backend, folder.path()));
    expect_golden(golden, load(backend, file / "model.gguf"));
  }
}

}  // namespace
}  // namespace weft
