// Tiny random checkpoints against logits of transformers (tests/golden/generate.py), on every backend: logits are
// within 1e-3 of their standard deviation, greedy tokens are equal, and a prompt in one step, token by token and in
// ragged batches gives the same logits.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "tests/golden_checkpoint.hpp"
#include "tests/golden_model.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;
using test::deviation, test::engine, test::Golden, test::greedy_tokens, test::load, test::logits_in_company,
    test::logits_in_pieces, test::max_difference, test::tensor;

std::vector<fs::path> cases() {
  std::vector<fs::path> all;
  for (const char* family : {"llama", "mistral"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(WEFT_SOURCE_DIR) / "tests/golden" / family)) {
      if (entry.is_directory()) all.push_back(entry.path());
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string model_of(const fs::path& folder) {
  for (const char* file : {"model.gguf", "pytorch_model.bin"}) {
    if (fs::exists(folder / file)) return (folder / file).string();
  }
  return folder.string();
}

/// The reference, each instruction set of cpu that the machine has, and openblas where it was built.
std::vector<std::string> backends() {
  std::vector<std::string> there = test::reference_and_instruction_sets();
  if (engine().open_devices("openblas").ok()) there.push_back("openblas");
  return there;
}

class GoldenTest : public testing::TestWithParam<std::tuple<std::string, fs::path>> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }
  const fs::path& folder() const { return std::get<1>(GetParam()); }
};

TEST_P(GoldenTest, Logits_and_greedy_tokens_equal_those_of_transformers) {
  const Golden golden = test::read_golden(engine(), folder());
  auto model = load(backend(), model_of(folder()));
  ASSERT_TRUE(model);
  const double sd = deviation(golden.logits);
  EXPECT_LE(max_difference(logits_in_pieces(*model, golden.ids, golden.ids.size()), golden.logits), 1e-3 * sd);

  EXPECT_EQ(greedy_tokens(*model, golden.ids, golden.greedy.size()), golden.greedy);
}

TEST_P(GoldenTest, Prefill_equals_token_by_token_and_ragged_batches) {
  const std::string name = folder().filename().string();
  if (name == "llama_dynamic" || name == "llama_longrope") {
    GTEST_SKIP() << "these scale rope by the length of the sequence in the step, by definition";
  }
  const Golden golden = test::read_golden(engine(), folder());
  auto model = load(backend(), model_of(folder()));
  ASSERT_TRUE(model);
  const std::vector<float> whole = logits_in_pieces(*model, golden.ids, golden.ids.size());
  const double limit = 1e-4 * deviation(whole);
  EXPECT_LE(max_difference(logits_in_pieces(*model, golden.ids, 1), whole), limit);
  EXPECT_LE(max_difference(logits_in_pieces(*model, golden.ids, 7), whole), limit);
  EXPECT_LE(max_difference(logits_in_company(*model, golden.ids), whole), limit);
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, GoldenTest,
                         testing::Combine(testing::ValuesIn(backends()), testing::ValuesIn(cases())),
                         [](const auto& info) {
                           std::string name =
                               std::get<0>(info.param) + "_" + std::get<1>(info.param).filename().string();
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

TEST(MaxDifference, Is_nan_wherever_the_nan_stands) {
  const std::vector<float> zeros(3);
  for (std::size_t at = 0; at < zeros.size(); ++at) {
    std::vector<float> values = {0.1f, 0.3f, 0.2f};
    EXPECT_NEAR(max_difference(values, zeros), 0.3, 1e-6);
    values[at] = NAN;
    EXPECT_TRUE(std::isnan(max_difference(values, zeros))) << at;
  }
}

TEST(Dtypes, Block_formats_decode_as_ggufs_own_reader_does) {
  const std::string file = (fs::path(WEFT_SOURCE_DIR) / "tests/golden/dtypes/dtypes.safetensors").string();
  auto c = engine().open_checkpoint(file);
  ASSERT_TRUE(c.ok()) << c.status().message();
  int seen = 0;
  for (const StoredTensor& t : (*c)->tensors()) {
    if (!t.name.ends_with(".raw")) continue;
    std::string name = t.name.substr(0, t.name.size() - 4);
    const std::vector<float> expected = tensor<float>(**c, (name + ".values").c_str());
    for (char& ch : name) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
    const weft_dtype* dtype = engine().host().dtypes().find(engine().host().dtypes().find(name));
    ASSERT_NE(dtype, nullptr) << name;
    weft_slab slab = *(*c)->slab(t, 0, t.rows());
    const uint64_t cols = expected.size() / t.rows();
    slab.col_pitch[0] = dtype->plane[0].bytes;
    std::vector<float> values(expected.size());
    ASSERT_EQ(dtype->decode(dtype->self, &slab, t.rows(), cols, values.data()), nullptr);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_FLOAT_EQ(values[i], expected[i]) << name << " at " << i;
    ++seen;
  }
  EXPECT_EQ(seen, 13);
}

TEST(BadFiles, Header_bits_flipped_or_cut_load_or_are_refused) {
  const fs::path source = fs::path(WEFT_SOURCE_DIR) / "tests/golden/llama";
  const fs::path folder = fs::path(testing::TempDir()) / "weft_flipped";
  fs::create_directories(folder);
  for (const char* which : {"llama1/model.safetensors", "gguf_f32/model.gguf"}) {
    const fs::path original = source / which, copy = folder / original.filename();
    std::ifstream in(original, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const std::size_t header = std::min<std::size_t>(bytes.size(), 8192);
    auto try_open = [&](const std::string& content) {
      std::ofstream(copy, std::ios::binary | std::ios::trunc) << content;
      auto c = engine().open_checkpoint(copy.string());
      if (!c.ok()) {
        EXPECT_FALSE(c.status().message().empty());
      }
      return c.ok();
    };
    EXPECT_TRUE(try_open(bytes));
    for (std::size_t i = 0; i < header; i += 64) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i / 64 % 8)));
      try_open(flipped);
      EXPECT_FALSE(try_open(bytes.substr(0, i))) << "cut at " << i;
    }
  }
  fs::remove_all(folder);
}

TEST(BadFiles, Unknown_families_rope_types_and_missing_tensors_are_refused_by_name) {
  const fs::path source = fs::path(WEFT_SOURCE_DIR) / "tests/golden/llama/llama1";
  const fs::path folder = fs::path(testing::TempDir()) / "weft_bad_config";
  fs::remove_all(folder);
  fs::copy(source, folder);
  std::ifstream in(source / "config.json");
  const std::string config((std::istreambuf_iterator<char>(in)), {});
  auto refused = [&](const std::string& from, const std::string& to, const std::string& expected) {
    std::string changed = config;
    const std::size_t at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    std::ofstream(folder / "config.json", std::ios::trunc) << changed;
    auto model = Model::load(engine(), folder.string(), {});
    ASSERT_FALSE(model.ok()) << to;
    EXPECT_NE(model.status().message().find(expected), std::string_view::npos) << model.status().message();
  };
  refused("\"llama\"", "\"warp\"", "warp");
  refused("\"silu\"", "\"frob\"", "frob");
  refused("\"hidden_size\"", "\"rope_scaling\": {\"rope_type\": \"spiral\", \"factor\": 2}, \"hidden_size\"", "spiral");
  refused("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "model.layers.2.");
  refused("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "model.layers.1.");
  refused("\"vocab_size\"", "\"head_dim\": NaN, \"vocab_size\"", "head_dim is not an integer");
  fs::remove_all(folder);
}

TEST(Session, The_context_limit_is_a_clear_error_and_changes_nothing) {
  auto model = load("reference", WEFT_SOURCE_DIR "/tests/golden/llama/llama1");
  ASSERT_TRUE(model);
  auto session = std::move(model->new_session()).value();
  const SequenceId s = *session->open();
  const std::vector<int32_t> many(65, 1);
  const StepItem item{s, many, false};
  auto out = session->step({&item, 1});
  EXPECT_EQ(out.status().code(), Code::kOutOfRange);
  EXPECT_EQ(*session->length(s), 0);
}

TEST(Session, A_fork_goes_its_own_way_and_a_rollback_forgets) {
  const fs::path folder = fs::path(WEFT_SOURCE_DIR) / "tests/golden/llama/llama1";
  const Golden golden = test::read_golden(engine(), folder);
  auto model = load("reference", folder.string());
  ASSERT_TRUE(model);
  auto session = std::move(model->new_session()).value();
  const SequenceId a = *session->open();
  auto last = [&](SequenceId s, std::span<const int32_t> ids) {
    const StepItem item{s, ids, false};
    auto out = session->step({&item, 1});
    EXPECT_TRUE(out.ok()) << out.status().message();
    return std::vector<float>(out->data, out->data + out->width);
  };
  const std::span<const int32_t> ids(golden.ids);
  last(a, ids.first(20));
  const SequenceId b = *session->fork(a);
  const std::vector<int32_t> other(5, 7);
  last(b, other);
  const std::vector<float> expected(golden.logits.end() - model->vocab_size(), golden.logits.end());
  EXPECT_LE(max_difference(last(a, ids.subspan(20)), expected), 1e-3 * deviation(golden.logits));
  ASSERT_TRUE(session->rollback(b, 20).ok());
  EXPECT_LE(max_difference(last(b, ids.subspan(20)), expected), 1e-3 * deviation(golden.logits));
}

}  // namespace
}  // namespace weft
