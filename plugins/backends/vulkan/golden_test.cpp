// Models that run on a Vulkan device alone give what transformers computes: in one step, in pieces, beside others, and
// with a cache of 16 bits.
#include "plugins/backends/vulkan/on_device.hpp"
#include "tests/golden_checkpoint.hpp"
#include "tests/head_golden.hpp"
#include "tests/opaque/opaque.hpp"

namespace weft::test {
namespace {

std::string name_of(const testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

const std::string kGolden = WEFT_SOURCE_DIR "/tests/golden/";

class VulkanGolden : public OnVulkan, public testing::WithParamInterface<const char*> {};

TEST_P(VulkanGolden, A_checkpoint_gives_what_transformers_computes) {
  const std::string folder = kGolden + GetParam();
  const Golden golden = read_golden(engine(), folder);
  const auto model = load_on(engine(), folder);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const double limit = 1e-3 * deviation(golden.logits);
  EXPECT_LE(max_difference(logits_in_pieces(**model, golden.ids, golden.ids.size()), golden.logits), limit);
  EXPECT_EQ(greedy_tokens(**model, golden.ids, golden.greedy.size()), golden.greedy);
}

INSTANTIATE_TEST_SUITE_P(Stored, VulkanGolden,
                         testing::Values("llama/llama1", "llama/llama2_gqa_f16", "llama/llama3_bf16",
                                         "mistral/mistral_window"),
                         [](const auto& info) { return std::string(info.param).substr(6 + 2 * (info.index == 3)); });

class VulkanFamilies : public OnVulkan, public testing::WithParamInterface<std::filesystem::path> {};

TEST_P(VulkanFamilies, Give_what_transformers_computes) {
  const FamilyGolden golden = read_family_golden(GetParam());
  const testing_files::TempFolder folder;
  const bool gguf = golden.in_blocks();
  gguf ? write_gguf(golden, folder / "model.gguf") : write_folder(golden, folder.path());
  const auto model = load_on(engine(), gguf ? folder / "model.gguf" : folder.path());
  ASSERT_TRUE(model.ok()) << model.status().message();
  const double limit = 1e-3 * deviation(golden.logits);
  const std::vector<int32_t>& encoder = golden.encoder_ids;
  const std::vector<float> whole = logits_in_pieces(**model, golden.ids, golden.ids.size(), encoder);
  EXPECT_LE(max_difference(whole, golden.logits), limit);
  EXPECT_EQ(greedy_tokens(**model, encoder.empty() ? golden.ids : encoder, golden.greedy.size()), golden.greedy);
  if (golden.by_length) return;
  EXPECT_EQ(logits_in_pieces(**model, golden.ids, 3, encoder), whole);
  EXPECT_EQ(logits_in_company(**model, golden.ids, encoder), whole);
}

INSTANTIATE_TEST_SUITE_P(Goldens, VulkanFamilies, testing::ValuesIn(family_goldens()), name_of);

class VulkanHeads : public VulkanFamilies {};

TEST_P(VulkanHeads, Give_what_transformers_computes_alone_and_in_company) {
  expect_head(engine(), "vulkan", GetParam());
}

INSTANTIATE_TEST_SUITE_P(Goldens, VulkanHeads, testing::ValuesIn(head_goldens()), name_of);

TEST_F(OnVulkan, A_tokens_results_are_the_same_bits_alone_and_in_company) {
  for (const char* name :
       {"llama/llama1", "llama/llama3_bf16", "llama/gguf_q8_0/model.gguf", "mistral/mistral_window"}) {
    const std::filesystem::path path = kGolden + name;
    const Golden golden = read_golden(engine(), path.extension() == ".gguf" ? path.parent_path() : path);
    const auto model = load_on(engine(), kGolden + name);
    ASSERT_TRUE(model.ok()) << model.status().message();
    const std::vector<float> whole = logits_in_pieces(**model, golden.ids, golden.ids.size());
    for (const std::size_t piece : {1, 2, 5, 9}) EXPECT_EQ(logits_in_pieces(**model, golden.ids, piece), whole) << name;
  }
}

class VulkanCache : public OnVulkan, public testing::WithParamInterface<const char*> {};

TEST_P(VulkanCache, Of_16_bits_rounds_as_the_references_does) {
  const std::string folder = kGolden + "llama/llama1";
  std::vector<std::vector<float>> all;
  for (const char* backend : {"reference", "vulkan"}) {
    const auto model = load_on(engine(), folder, backend, "", GetParam());
    ASSERT_TRUE(model.ok()) << model.status().message();
    all.push_back(played(**model));
  }
  // A value that lies between two of 16 bits may go either way.
  EXPECT_LE(max_difference(all[0], all[1]), 2e-3 * deviation(all[0]));
}

INSTANTIATE_TEST_SUITE_P(Dtypes, VulkanCache, testing::Values("f16", "bf16"));

TEST_F(OnVulkan, A_cache_that_shaders_do_not_read_is_refused_by_its_name) {
  const auto model = load_on(engine(), kGolden + "llama/llama1", "vulkan", "", "q8_0");
  ASSERT_FALSE(model.ok() && (*model)->new_session().ok());
  const Status s = model.ok() ? (*model)->new_session().status() : model.status();
  EXPECT_NE(s.message().find("f32, f16 or bf16 alone"), std::string_view::npos) << s.message();
}

}  // namespace
}  // namespace weft::test
