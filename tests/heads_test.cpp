// The heads of families, and their hidden states, against transformers: each text alone, and all in one step.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/head_golden.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;

/// An engine that also finds the backend whose memory the host cannot reach.
Engine& engine() {
  static std::shared_ptr<Engine> shared = std::move(Engine::create(
      {.config_text = "{}",
       .plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins", WEFT_BINARY_DIR "/lib/opaque"},
       .use_environment = false,
       .threads = 2})).value();
  return *shared;
}

std::vector<std::string> backends() {
  std::vector<std::string> all = test::reference_and_instruction_sets();
  all.emplace_back("opaque");
  return all;
}

class Goldens : public testing::TestWithParam<std::tuple<std::string, fs::path>> {};

TEST_P(Goldens, Give_what_transformers_computes_alone_and_in_company) {
  const auto& [backend, file] = GetParam();
  test::expect_head(engine(), backend, file);
}

TEST(Heads, A_model_that_was_loaded_to_predict_tokens_gives_hidden_states_over_the_same_weights) {
  const fs::path file = WEFT_SOURCE_DIR "/models/qwen/golden/heads/qwen3.hidden-states.with_head.json";
  if (!fs::exists(file)) GTEST_SKIP() << "the family is gone";
  const test::FamilyGolden golden = test::read_family_golden(file);
  const testing_files::TempFolder folder;
  test::write_folder(golden, folder.path());
  auto model = Model::load(engine(), folder.path(), {.backend = "reference", .precision = "exact", .sequences = 4});
  ASSERT_TRUE(model.ok()) << model.status().message();
  const auto session = std::move((*model)->new_session("hidden-states")).value();
  const auto ids = golden.json["texts"][2].get<std::vector<int32_t>>();
  const StepItem item{*session->open(), ids, true};
  const auto rows = session->step({&item, 1});
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  const std::vector<float> want = test::unpack(golden.json["rows"][2]);
  EXPECT_LE(test::max_difference({rows->data, want.size()}, want), 1e-3 * test::deviation(want));
  EXPECT_EQ((*model)->graph("hidden-states")->get(), (*model)->graph("embed")->get());
  EXPECT_EQ((*model)->new_session("classify-sequence").status().code(), Code::kFailedPrecondition);
}

TEST(Heads, Encoders_refuse_configs_that_they_do_not_implement_by_the_key) {
  struct Refused {
    const char *golden, *key;
    Json value;
    const char* part;
  };
  const Refused all[] = {
      {"bert/golden/heads/bert.fill-masks", "position_embedding_type", "relative_key", "only absolute is implemented"},
      {"bert/golden/heads/bert.fill-masks", "is_decoder", true, "is_decoder"},
      {"roberta/golden/heads/roberta.fill-masks", "max_position_embeddings", 2, "max_position_embeddings is 2"},
      {"roberta/golden/heads/roberta.fill-masks", "pad_token_id", 48, "pad_token_id"},
      {"roberta/golden/heads/roberta.fill-masks", "hidden_act", "gelu_tan", "hidden_act"},
      {"mpnet/golden/heads/mpnet.hidden-states", "relative_attention_num_buckets", 64, "relative_attention_num"},
      {"albert/golden/heads/albert.hidden-states", "num_hidden_groups", 3, "num_hidden_groups"},
      {"albert/golden/heads/albert.hidden-states", "inner_group_num", 2, "inner_group_num"},
      {"modernbert/golden/heads/modernbert.classify-sequence", "classifier_pooling", "max", "classifier_pooling"},
      {"eurobert/golden/heads/eurobert.classify-sequence", "classifier_pooling", "cls", "classifier_pooling"},
      {"rembert/golden/heads/rembert.fill-masks", "tie_word_embeddings", true, "tie_word_embeddings"},
      {"deberta/golden/heads/deberta-v2.hidden-states", "pos_att_type", "p2p", "expected c2p or p2c"},
      {"deberta/golden/heads/deberta-v2.hidden-states", "norm_rel_ebd", "rms", "norm_rel_ebd"},
      {"deberta/golden/heads/deberta-v2.hidden-states", "position_buckets", 3, "position_buckets is 3"},
      {"deberta/golden/heads/deberta-v2.hidden-states", "embedding_size", 16, "embedding_size"},
      {"deberta/golden/heads/deberta.hidden-states", "talking_head", true, "talking_head"},
      {"roformer/golden/heads/roformer.hidden-states", "rotary_value", true, "rotary_value"},
      {"bert_generation/golden/heads/bert-generation.hidden-states", "architectures",
          Json::array({"BertGenerationDecoder"}), "architectures"},
      {"bigbird/golden/heads/big_bird.hidden-states", "attention_type", "sparse", "attention_type"},
      {"esm/golden/heads/esm.hidden-states", "is_folding_model", true, "is_folding_model"},
      {"esm/golden/heads/esm.hidden-states", "mask_token_id", 48, "mask_token_id"},
      {"esm/golden/heads/esm.hidden-states", "position_embedding_type", "relative_key", "position_embedding_type"},
      {"gte/golden/heads/gte.hidden-states", "rope_parameters", Json{{"rope_type", "ntk"}}, "ntk"},
      {"xlnet/golden/heads/xlnet.hidden-states", "attn_type", "uni", "attn_type"},
      {"xlnet/golden/heads/xlnet.hidden-states", "bi_data", true, "bi_data"},
      {"xlnet/golden/heads/xlnet.classify-sequence", "summary_type", "cls_index", "summary_type"},
      {"squeezebert/golden/heads/squeezebert.hidden-states", "q_groups", 3, "q_groups is 3"},
      {"electra/golden/heads/electra.hidden-states", "embedding_size", 20, "embeddings.word_embeddings.weight"},
      {"distilbert/golden/heads/distilbert.hidden-states", "max_position_embeddings", 20, "position_embeddings"}};
  for (const Refused& r : all) {
    const fs::path file = fs::path(WEFT_SOURCE_DIR) / "models" / (std::string(r.golden) + ".json");
    if (!fs::exists(file)) continue;  // the family is gone
    test::FamilyGolden golden = test::read_family_golden(file);
    golden.json["config"][r.key] = r.value;
    const testing_files::TempFolder folder;
    test::write_folder(golden, folder.path());
    LoadOptions options{.backend = "reference", .precision = "exact"};
    options.roles = {golden.json["role"].get<std::string>()};
    const auto model = Model::load(engine(), folder.path(), options);
    ASSERT_FALSE(model.ok()) << r.golden << " with " << r.key << " " << r.value;
    EXPECT_NE(model.status().message().find(r.part), std::string_view::npos) << model.status().message();
  }
}

TEST(Heads, A_head_that_is_not_stored_and_not_tied_is_missing) {
  const fs::path file = WEFT_SOURCE_DIR "/models/eurobert/golden/heads/eurobert.hidden-states.json";
  if (!fs::exists(file)) GTEST_SKIP() << "the family is gone";
  test::FamilyGolden golden = test::read_family_golden(file);
  golden.json["config"]["architectures"] = Json::array({"EuroBertForMaskedLM"});
  const testing_files::TempFolder folder;
  test::write_folder(golden, folder.path());
  LoadOptions options{.backend = "reference", .precision = "exact"};
  options.roles = {"fill-masks"};
  const auto model = Model::load(engine(), folder.path(), options);
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.status().message().find("lm_head.weight"), std::string_view::npos) << model.status().message();
}

TEST(Heads, A_sequence_without_the_end_that_its_head_looks_at_gets_no_finite_value) {
  const fs::path file = WEFT_SOURCE_DIR "/models/bart/golden/heads/bart.classify-sequence.json";
  if (!fs::exists(file)) GTEST_SKIP() << "the family is gone";
  const test::FamilyGolden golden = test::read_family_golden(file);
  const testing_files::TempFolder folder;
  test::write_folder(golden, folder.path());
  LoadOptions options{.backend = "reference", .precision = "exact", .sequences = 2};
  options.roles = {"classify-sequence"};
  const auto model = Model::load(engine(), folder.path(), options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const auto session = std::move((*model)->new_session()).value();
  const std::vector<int32_t> without = {2, 7, 9}, with = golden.json["texts"][0].get<std::vector<int32_t>>();
  const StepItem items[] = {{*session->open(), with, false}, {*session->open(), without, false}};
  const auto rows = session->step(items);
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  EXPECT_TRUE(std::isfinite(rows->row(0)[0]));
  EXPECT_TRUE(std::isnan(rows->row(1)[0]));
}

std::string name_of(const testing::TestParamInfo<std::tuple<std::string, fs::path>>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param).stem().string();
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Goldens);
INSTANTIATE_TEST_SUITE_P(Families, Goldens,
                         testing::Combine(testing::ValuesIn(backends()),
                                          testing::ValuesIn(test::head_goldens())),
                         name_of);

}  // namespace
}  // namespace weft
