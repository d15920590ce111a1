// Every family against transformers: tiny models whose weights this test makes (tests/golden/families.py makes the goldens).
// Logits within 1e-3 of their standard deviation, greedy tokens equal, prefill = token by token = ragged batch.
#include <gtest/gtest.h>

#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;
using test::deviation, test::engine, test::FamilyGolden, test::max_difference;
using testing_files::TempFolder;

std::vector<fs::path> cases(bool gguf) {
  std::vector<fs::path> all = test::family_goldens();
  if (gguf) std::erase_if(all, [](const fs::path& file) { return !test::read_family_golden(file).has_gguf(); });
  return all;
}

/// Which of the first layers gives other values than transformers: the model is cut after each.
std::string first_layer_that_differs(const FamilyGolden& golden, const std::string& backend) {
  for (std::size_t k = 0; k < golden.first_layers.size(); ++k) {
    const TempFolder folder;
    test::write_folder(golden, folder.path(), static_cast<int64_t>(k) + 1);
    auto model = test::load(backend, folder.path());
    if (!model) return "the model of its first layers alone does not load";
    const std::vector<float> all = test::logits_in_pieces(*model, golden.ids, golden.ids.size(), golden.source);
    const std::vector<float> last(all.end() - model->vocab_size(), all.end());
    if (max_difference(last, golden.first_layers[k]) > 1e-3 * deviation(golden.first_layers[k])) {
      return "layer " + std::to_string(k) + " is the first that differs" +
             (k == 0 ? ", or what comes before or after the layers" : "");
    }
  }
  return "layer " + std::to_string(golden.first_layers.size()) + " is the first that differs";
}

void expect_equal(const FamilyGolden& golden, const std::string& backend, const std::string& path) {
  auto model = test::load(backend, path);
  ASSERT_TRUE(model);
  const double sd = deviation(golden.logits), limit = golden.by_length ? 1e-3 * sd : 1e-4 * sd;
  const std::vector<float> whole = test::logits_in_pieces(*model, golden.ids, golden.ids.size(), golden.source);
  ASSERT_LE(max_difference(whole, golden.logits), 1e-3 * sd) << first_layer_that_differs(golden, backend);
  EXPECT_EQ(test::greedy_tokens(*model, golden.source.empty() ? golden.ids : golden.source, golden.greedy.size()), golden.greedy);
  if (golden.by_length) return;
  EXPECT_LE(max_difference(test::logits_in_pieces(*model, golden.ids, 1, golden.source), whole), limit);
  EXPECT_LE(max_difference(test::logits_in_pieces(*model, golden.ids, 7, golden.source), whole), limit);
  EXPECT_LE(max_difference(test::logits_in_company(*model, golden.ids, golden.source), whole), limit);
}

/// Of weights in 4 and 8 bits.
std::vector<fs::path> quantised_cases() {
  std::vector<fs::path> all = test::family_goldens();
  std::erase_if(all, [](const fs::path& file) { return !test::read_family_golden(file).json["config"].contains("quantization_config"); });
  return all;
}

/// Each instruction set of cpu that the machine has.
std::vector<std::string> instruction_sets() {
  std::vector<std::string> there;
  for (const char* name : {"cpu:portable", "cpu:avx2", "cpu:avx512", "cpu:amx"}) {
    if (engine().open_devices(name).ok()) there.push_back(name);
  }
  return there;
}

class FamilyTest : public testing::TestWithParam<std::tuple<std::string, fs::path>> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }
  FamilyGolden golden() const { return test::read_family_golden(std::get<1>(GetParam())); }
};
class FamilyGgufTest : public FamilyTest {};

TEST_P(FamilyTest, A_published_folder_gives_what_transformers_computes) {
  const TempFolder folder;
  const FamilyGolden g = golden();
  test::write_folder(g, folder.path());
  expect_equal(g, backend(), folder.path());
}

TEST_P(FamilyGgufTest, A_gguf_file_gives_what_transformers_computes) {
  const TempFolder folder;
  const FamilyGolden g = golden();
  test::write_gguf(g, folder / "model.gguf");
  expect_equal(g, backend(), folder / "model.gguf");
}

class QuantisedTest : public FamilyTest {};

TEST_P(QuantisedTest, Every_precision_stays_near_what_transformers_computes) {
  const TempFolder folder;
  const FamilyGolden g = golden();
  test::write_folder(g, folder.path());
  const double sd = deviation(g.logits);
  for (const auto& [precision, limit] : {std::pair("exact", 1e-3), std::pair("default", 0.05), std::pair("fast", 0.15)}) {
    auto model = Model::load(engine(), folder.path(), {.backend = backend(), .precision = precision, .context = 64, .sequences = 1});
    ASSERT_TRUE(model.ok()) << model.status().message();
    for (std::size_t piece : {g.ids.size(), std::size_t{5}, std::size_t{1}}) {
      EXPECT_LE(max_difference(test::logits_in_pieces(**model, g.ids, piece), g.logits), limit * sd) << precision << " in pieces of " << piece;
    }
  }
}

std::string name_of(const testing::TestParamInfo<std::tuple<std::string, fs::path>>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param).stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Folders, FamilyTest,
    testing::Combine(testing::Values("reference", "cpu"), testing::ValuesIn(cases(false))), name_of);
INSTANTIATE_TEST_SUITE_P(Files, FamilyGgufTest,
    testing::Combine(testing::Values("reference", "cpu"), testing::ValuesIn(cases(true))), name_of);
INSTANTIATE_TEST_SUITE_P(Folders, QuantisedTest,
    testing::Combine(testing::ValuesIn(instruction_sets()), testing::ValuesIn(quantised_cases())), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(QuantisedTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FamilyGgufTest);

}  // namespace
}  // namespace weft
