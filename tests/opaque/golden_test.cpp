// Every family on an opaque device gives what transformers computes: in one step, in pieces, and beside others.
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

class Families : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Families, Give_what_transformers_computes) {
  const FamilyGolden golden = read_family_golden(GetParam());
  const testing_files::TempFolder folder;
  const bool gguf = golden.in_blocks();
  gguf ? write_gguf(golden, folder / "model.gguf") : write_folder(golden, folder.path());
  const OpaqueEngine there;
  const auto model = there.load(gguf ? folder / "model.gguf" : folder.path());
  ASSERT_TRUE(model.ok()) << model.status().message();
  const double limit = 1e-3 * deviation(golden.logits);
  const auto expect_golden = [&](const std::vector<float>& logits) {
    EXPECT_LE(max_difference(logits, golden.logits), limit);
  };
  expect_golden(logits_in_pieces(**model, golden.ids, golden.ids.size(), golden.encoder_ids));
  const std::vector<int32_t>& prompt = golden.encoder_ids.empty() ? golden.ids : golden.encoder_ids;
  EXPECT_EQ(greedy_tokens(**model, prompt, golden.greedy.size()), golden.greedy);
  if (golden.by_length) return;
  expect_golden(logits_in_pieces(**model, golden.ids, 3, golden.encoder_ids));
  expect_golden(logits_in_company(**model, golden.ids, golden.encoder_ids));
}

INSTANTIATE_TEST_SUITE_P(Goldens, Families, testing::ValuesIn(family_goldens()), [](const auto& info) {
  std::string name = info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
});

}  // namespace
}  // namespace weft::test
