// Files that hold more or less than their config says: a head beside a config that ties it, tensors that no parameter
// takes, biases that only some projections have. And configs that hold more than their type reads.
#include <gtest/gtest.h>

#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

using test::engine, test::FamilyGolden;
using testing_files::TempFolder;

/// The golden of this name; none where the folder of its family is gone.
std::vector<FamilyGolden> named(const std::string& name) {
  std::vector<FamilyGolden> all;
  for (const auto& file : test::family_goldens(name)) all.push_back(test::read_family_golden(file));
  return all;
}

Result<std::shared_ptr<Model>> load(const std::string& path, bool allow_unused = false) {
  test::warnings().clear();
  LoadOptions options{.backend = "reference", .precision = "exact", .context = 64};
  options.allow_unused = allow_unused;
  return Model::load(engine(), path, options);
}

std::vector<float> logits(const Result<std::shared_ptr<Model>>& model, const FamilyGolden& g) {
  EXPECT_TRUE(model.ok()) << g.name << ": " << model.status().message();
  return model.ok() ? test::logits_in_pieces(**model, g.ids, g.ids.size()) : std::vector<float>();
}

void expect_golden(const Result<std::shared_ptr<Model>>& model, const FamilyGolden& g) {
  EXPECT_LE(test::max_difference(logits(model, g), g.logits), 1e-3 * test::deviation(g.logits)) << g.name;
}

TEST(StoredHeads, Count_though_the_config_says_that_they_are_tied) {
  for (const char* name : {"qwen2.v4", "gpt_neox.v4", "qwen3.fp8_block"}) {
    for (FamilyGolden g : named(name)) {
      g.json["config"]["tie_word_embeddings"] = true;
      const TempFolder folder;
      test::write_folder(g, folder.path());
      expect_golden(load(folder.path()), g);
      EXPECT_EQ(test::warnings(), "") << name;
    }
  }
}

/// qwen2.v4 with further tensors; each as [name, dims, mean, scale].
std::vector<FamilyGolden> with_tensors(const std::vector<Json>& more) {
  std::vector<FamilyGolden> all = named("qwen2.v4");
  for (FamilyGolden& g : all) {
    for (const Json& spec : more) g.json["tensors"].push_back(spec);
  }
  return all;
}

TEST(UnusedTensors, That_change_nothing_need_no_permission) {
  for (const FamilyGolden& g : with_tensors({{"v_head.summary.weight", {1, 32}, 0.0, 1.0},
                                             {"v_head.summary.bias", {1}, 0.5, 0.0},
                                             {"medusa_head.0.linear.weight", {32, 32}, 0.0, 1.0},
                                             {"model.layers.0.self_attn.kv_scale", {1}, 1.0, 0.0},
                                             {"model.layers.0.self_attn.k_scale", {1}, 1.0, 0.0},
                                             {"model.layers.1.self_attn.o_proj.bias", {32}, 0.0, 0.0},
                                             {"model.empty", {0}, 0.0, 1.0}})) {
    const TempFolder folder;
    test::write_folder(g, folder.path());
    expect_golden(load(folder.path()), g);
    for (const char* told : {"v_head.summary.weight", "medusa_head.0.linear.weight"})
      EXPECT_NE(test::warnings().find(told), std::string::npos) << test::warnings();
  }
}

TEST(UnusedTensors, That_may_change_something_run_with_permission_alone) {
  for (const Json& spec : {Json{"model.layers.1.self_attn.o_proj.bias", {32}, 0.5, 0.1},
                           Json{"model.layers.2.input_layernorm.weight", {32}, 1.0, 0.0}}) {
    for (const FamilyGolden& g : with_tensors({spec})) {
      const TempFolder folder;
      test::write_folder(g, folder.path());
      const std::string name = spec[0], refusal(load(folder.path()).status().message());
      EXPECT_NE(refusal.find(name), refusal.npos) << refusal;
      EXPECT_NE(refusal.find("allow_unused"), refusal.npos) << refusal;
      expect_golden(load(folder.path(), true), g);
      EXPECT_NE(test::warnings().find(name), std::string::npos) << test::warnings();
    }
  }
}

TEST(UnusedTensors, Permission_does_not_make_up_parameters) {
  for (FamilyGolden g : with_tensors({})) {
    g.json["tensors"].erase(0);
    const TempFolder folder;
    test::write_folder(g, folder.path());
    EXPECT_NE(load(folder.path(), true).status().message().find("parameters without a tensor"), std::string_view::npos);
  }
}

TEST(GgufBiases, Are_taken_where_they_are) {
  for (const auto& [name, projection, stored] : {std::tuple("qwen2.v4", "k_proj", "attn_k"),
                                                 std::tuple("ernie4_5.bias_v5", "o_proj", "attn_output"),
                                                 std::tuple("ernie4_5.bias_v5", "q_proj", "attn_q")}) {
    for (FamilyGolden g : named(name)) {
      const std::string gone = std::string(projection) + ".bias", gone_gguf = std::string(stored) + ".bias";
      for (Json& spec : g.json["tensors"]) {
        if (spec[0].get<std::string>().ends_with(gone)) spec[2] = spec[3] = 0.0;
      }
      const TempFolder folder;
      test::write_folder(g, folder.path());
      Json& tensors = g.json["gguf"]["tensors"];
      const std::size_t before = tensors.size();
      for (std::size_t i = tensors.size(); i-- > 0;) {
        if (tensors[i][0].get<std::string>().ends_with(gone_gguf)) tensors.erase(i);
      }
      ASSERT_LT(tensors.size(), before) << name << " has no " << gone_gguf;
      test::write_gguf(g, folder / "model.gguf");
      const std::vector<float> zero = logits(load(folder / "model.safetensors"), g),
                               none = logits(load(folder / "model.gguf"), g);
      EXPECT_LE(test::max_difference(none, zero), 1e-4 * test::deviation(zero)) << name << " without " << gone_gguf;
    }
  }
}

TEST(ConfigKeys, That_are_null_leave_the_word_to_the_other_name) {
  for (FamilyGolden g : named("gptj.v4")) {
    g.json["config"]["hidden_size"] = nullptr;  // n_embd says it
    const TempFolder folder;
    test::write_folder(g, folder.path());
    expect_golden(load(folder.path()), g);
  }
}

TEST(ConfigKeys, That_a_type_does_not_read_count_where_another_type_runs_as_it) {
  for (FamilyGolden g : named("cohere2.others_keys")) {
    const TempFolder folder;
    test::write_folder(g, folder.path());
    expect_golden(load(folder.path()), g);
    g.json["config"]["model_type"] = "unheard_of";
    test::write_folder(g, folder.path());
    LoadOptions options{.backend = "reference", .architecture = "cohere2", .context = 64};
    const Status status = Model::load(engine(), folder.path(), options).status();
    EXPECT_NE(status.message().find("use_qk_norm is true"), std::string::npos) << status.message();
  }
}

}  // namespace
}  // namespace weft
