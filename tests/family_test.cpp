// Every family against transformers: tiny models whose weights this test makes (tests/golden/families.py makes the
// goldens), on the reference and on each instruction set. At exact precision logits are within 1e-3 of their standard
// deviation, greedy tokens are equal, and ids give the same logits in one step, token by token and in ragged batches.
// At other precisions logits are within tests/golden_limits.hpp.
#include <gtest/gtest.h>

#include "tests/family_golden.hpp"
#include "tests/golden_limits.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;
using test::deviation, test::engine, test::FamilyGolden, test::max_difference;
using testing_files::TempFolder;

std::vector<fs::path> cases(bool gguf) {
  std::vector<fs::path> all = test::family_goldens();
  std::erase_if(all, [&](const fs::path& file) {
    const FamilyGolden g = test::read_family_golden(file);
    return gguf ? !g.has_gguf() : g.in_blocks();
  });
  return all;
}

/// Names the first layer that gives other values than transformers; to find it, the model is cut after each layer.
std::string first_layer_that_differs(const FamilyGolden& golden, const std::string& backend, bool gguf) {
  for (std::size_t k = 0; k < golden.first_layers.size(); ++k) {
    const TempFolder folder;
    const int64_t layers = static_cast<int64_t>(k) + 1;
    gguf ? test::write_gguf(golden, folder / "model.gguf", layers) : test::write_folder(golden, folder.path(), layers);
    auto model = test::load(backend, gguf ? folder / "model.gguf" : folder.path());
    if (!model) return "the model of its first layers alone does not load";
    const std::vector<float> all = test::logits_in_pieces(*model, golden.ids, golden.ids.size(), golden.encoder_ids);
    const std::vector<float> last(all.end() - model->vocab_size(), all.end());
    if (!(max_difference(last, golden.first_layers[k]) <= 1e-3 * deviation(golden.first_layers[k]))) {
      return "layer " + std::to_string(k) + " is the first that differs" +
             (k == 0 ? ", or what comes before or after the layers" : "");
    }
  }
  return "layer " + std::to_string(golden.first_layers.size()) + " is the first that differs";
}

void expect_equal(const FamilyGolden& golden, const std::string& backend, const std::string& path) {
  auto model = test::load(backend, path, 0);  // context 0 is the model's own; a longer one would log a warning
  ASSERT_TRUE(model);
  EXPECT_EQ(test::warnings(), "");
  const double sd = deviation(golden.logits), limit = golden.by_length ? 1e-3 * sd : 1e-4 * sd;
  const std::vector<float> whole = test::logits_in_pieces(*model, golden.ids, golden.ids.size(), golden.encoder_ids);
  ASSERT_LE(max_difference(whole, golden.logits), 1e-3 * sd)
      << first_layer_that_differs(golden, backend, path.ends_with(".gguf"));
  const std::vector<int32_t>& prompt = golden.encoder_ids.empty() ? golden.ids : golden.encoder_ids;
  EXPECT_EQ(test::greedy_tokens(*model, prompt, golden.greedy.size()), golden.greedy);
  if (golden.by_length) return;
  EXPECT_LE(max_difference(test::logits_in_pieces(*model, golden.ids, 1, golden.encoder_ids), whole), limit);
  EXPECT_LE(max_difference(test::logits_in_pieces(*model, golden.ids, 7, golden.encoder_ids), whole), limit);
  EXPECT_LE(max_difference(test::logits_in_company(*model, golden.ids, golden.encoder_ids), whole), limit);
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

class PrecisionTest : public FamilyTest {
 protected:
  /// Expects logits near the golden's at each precision, whatever the size of the pieces.
  void expect_near(const FamilyGolden& g, const std::string& path, bool quantised) const {
    for (const std::string precision : {"exact", "default", "fast", ""}) {
      auto model =
          Model::load(engine(), path, {.backend = backend(), .precision = precision, .context = 64, .sequences = 1});
      ASSERT_TRUE(model.ok()) << model.status().message();
      const bool bf16 = g.json["dtype"] == "bf16";
      const test::Limit limit =
          test::limit_of(precision, test::rounds_activations(backend(), precision, bf16, quantised));
      for (std::size_t piece : {g.ids.size(), std::size_t{5}, std::size_t{1}}) {
        if (g.by_length && piece != g.ids.size()) continue;
        const std::vector<float> logits = test::logits_in_pieces(**model, g.ids, piece, g.encoder_ids);
        test::expect_near(logits, g.logits, limit, precision + " in pieces of " + std::to_string(piece));
      }
    }
  }
};

TEST_P(PrecisionTest, Every_precision_stays_near_what_transformers_computes) {
  const TempFolder folder;
  const FamilyGolden g = golden();
  test::write_folder(g, folder.path());
  expect_near(g, folder.path(), g.json["config"].contains("quantization_config"));
}

class PrecisionGgufTest : public PrecisionTest {};

TEST_P(PrecisionGgufTest, Every_precision_stays_near_what_transformers_computes) {
  const TempFolder folder;
  const FamilyGolden g = golden();
  test::write_gguf(g, folder / "model.gguf");
  expect_near(g, folder / "model.gguf", g.in_blocks());
}

std::string name_of(const testing::TestParamInfo<std::tuple<std::string, fs::path>>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param).stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Folders, FamilyTest,
                         testing::Combine(testing::ValuesIn(test::reference_and_instruction_sets()),
                                          testing::ValuesIn(cases(false))),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Files, FamilyGgufTest,
                         testing::Combine(testing::ValuesIn(test::reference_and_instruction_sets()),
                                          testing::ValuesIn(cases(true))),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Folders, PrecisionTest,
    testing::Combine(testing::ValuesIn(test::instruction_sets()), testing::ValuesIn(cases(false))), name_of);
INSTANTIATE_TEST_SUITE_P(Files, PrecisionGgufTest,
    testing::Combine(testing::ValuesIn(test::instruction_sets()), testing::ValuesIn(cases(true))), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PrecisionTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PrecisionGgufTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FamilyGgufTest);

}  // namespace
}  // namespace weft
