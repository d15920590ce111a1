// Tokens that a generation config forces and forbids, against transformers (tests/golden/generation.py): whole greedy
// generations with the settings that a folder has.
#include <gtest/gtest.h>

#include <fstream>

#include "core/runtime/sampling/choice.hpp"
#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

std::vector<int32_t> generated(const Model& model, const std::vector<int32_t>& prompt, int64_t most) {
  auto session = std::move(model.new_session()).value();
  GenerateOptions options;
  options.max_tokens = most;
  options.sampling = settle_sampling({}, model.sampling()).options;
  options.stop_ids = model.stop_ids();
  auto generation = Generation::create(*session, *session->open(), prompt, nullptr, options);
  EXPECT_TRUE(generation.ok()) << generation.status().message();
  for (bool last = !generation.ok(); !last;) {
    const auto piece = (*generation)->next();
    EXPECT_TRUE(piece.ok()) << piece.status().message();
    last = !piece.ok() || piece->last;
  }
  return generation.ok() ? (*generation)->result().ids : std::vector<int32_t>{};
}

class Generations : public testing::TestWithParam<std::string> {};

TEST_P(Generations, Have_the_tokens_that_transformers_generates_by_the_folders_generation_config) {
  const auto rows = parse_json(testing_files::read_file(WEFT_SOURCE_DIR "/tests/golden/generation.json"));
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  for (const Json& row : *rows) {
    const auto files = test::family_goldens(row["golden"]);
    if (files.empty()) continue;  // the family is gone
    const test::FamilyGolden golden = test::read_family_golden(files[0]);
    const testing_files::TempFolder folder;
    test::write_folder(golden, folder.path());
    std::ofstream(folder / "generation_config.json") << row["generation_config"].dump();
    const auto model = test::load(GetParam(), folder.path(), 0);
    ASSERT_TRUE(model);
    EXPECT_EQ(test::warnings(), "");
    const std::vector<int32_t>& prompt = golden.encoder_ids.empty() ? golden.ids : golden.encoder_ids;
    EXPECT_EQ(generated(*model, prompt, row["max_tokens"]), row["ids"].get<std::vector<int32_t>>()) << row.dump();
  }
}

TEST(Generations, Follow_the_models_config_where_a_folder_has_no_generation_config) {
  const auto files = test::family_goldens("bart.v4");
  if (files.empty()) GTEST_SKIP() << "the family is gone";
  test::FamilyGolden golden = test::read_family_golden(files[0]);
  golden.json["config"]["forced_bos_token_id"] = 7;
  const testing_files::TempFolder folder;
  test::write_folder(golden, folder.path());
  const auto model = test::load("reference", folder.path(), 0);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->sampling().rules.first, 7);
  EXPECT_EQ(generated(*model, golden.encoder_ids, 1), std::vector<int32_t>{7});
  EXPECT_EQ(generated(*model, golden.encoder_ids, 2).size(), 1u) << "forced_eos_token_id is 2";
}

INSTANTIATE_TEST_SUITE_P(Backends, Generations, testing::Values("reference", "cpu"));

}  // namespace
}  // namespace weft
