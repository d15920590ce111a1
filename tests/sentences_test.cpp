// Embedding models from text to vector, against sentence-transformers: tokenizers, prompts, cutting, pooling, modules.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/status_abi.hpp"
#include "core/tasks/embedder.hpp"
#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

using testing_files::TempFolder;

constexpr const char* kFolder = WEFT_SOURCE_DIR "/tests/golden/sentences/";

void write_model(const test::FamilyGolden& golden, const TempFolder& folder) {
  test::write_folder(golden, folder.path());
  for (const auto& [name, content] : golden.json["files"].items()) folder.write(name, content.dump());
  for (const auto& [name, module] : golden.json["folders"].items())
    test::write_module(module, name, golden.json["seed"], folder.path());
}

Embedder open(const std::string& path, const std::string& backend) {
  LoadOptions options;
  options.backend = backend, options.precision = "exact";
  Embedder::prepare(options);
  auto model = Model::load(test::engine(), path, options);
  EXPECT_TRUE(model.ok()) << model.status().message();
  auto embedder = Embedder::create(std::move(model).value());
  EXPECT_TRUE(embedder.ok()) << embedder.status().message();
  return std::move(embedder).value();
}

EmbedOptions options_of(const Json& said) {
  EmbedOptions options;
  if (said.contains("prompt")) options.prompt = said["prompt"].get<std::string>();
  if (said.contains("prompt_name")) options.prompt_name = said["prompt_name"].get<std::string>();
  if (said.contains("dimensions")) options.dimensions = said["dimensions"].get<int64_t>();
  options.normalize = said.contains("normalize");
  return options;
}

/// Whether a plugin has this architecture: a tree may lack families.
bool has_family(const std::string& type) {
  for (const Interface& i : test::engine().architectures()) {
    if (to_view(static_cast<const weft_architecture*>(i.table)->id) == type) return true;
  }
  return false;
}

class Sentences : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Sentences, Give_the_vectors_of_sentence_transformers) {
  const auto& [backend, name] = GetParam();
  const test::FamilyGolden golden = test::read_family_golden(kFolder + name + ".json");
  const std::string type = golden.json["config"]["model_type"];
  if (!has_family(type)) GTEST_SKIP() << "the family is gone";
  const TempFolder folder;
  write_model(golden, folder);
  Embedder embedder = open(folder.path(), backend);
  const auto texts = golden.json["texts"].get<std::vector<std::string>>();
  for (const Json& run : golden.json["runs"]) {
    const EmbedOptions options = options_of(run["options"]);
    const auto together = embedder.embed(std::vector<std::string_view>(texts.begin(), texts.end()), options);
    ASSERT_TRUE(together.ok()) << together.status().message();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::vector<float> want = test::unpack(run["vectors"][i]);
      const double limit = 1e-4 * std::max(1.0, test::deviation(want));
      EXPECT_LE(test::max_difference((*together)[i].vector, want), limit) << run["options"].dump() << " text " << i;
      const auto alone = embedder.embed(texts[i], options);
      ASSERT_TRUE(alone.ok()) << alone.status().message();
      EXPECT_LE(test::max_difference(alone->vector, want), limit) << run["options"].dump() << " text " << i;
    }
  }
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& file : std::filesystem::directory_iterator(kFolder)) all.push_back(file.path().stem().string());
  std::sort(all.begin(), all.end());
  return all;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Sentences);
INSTANTIATE_TEST_SUITE_P(Models, Sentences,
                         testing::Combine(testing::ValuesIn(test::reference_and_instruction_sets()),
                                          testing::ValuesIn(names())),
                         [](const auto& info) {
                           std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param);
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

}  // namespace
}  // namespace weft
