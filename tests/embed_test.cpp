// Encoders against transformers: hidden states of texts of several lengths, pooled, alone and in one step.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>

#include "core/tasks/embedder.hpp"
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

std::vector<float> unpacked(const Json& base64) { return test::unpack(base64.get<std::string>()); }

/// The mean of hidden states [tokens, width], scaled to length 1.
std::vector<float> expected(const std::vector<float>& hidden, std::size_t width) {
  std::vector<float> out(width);
  for (std::size_t i = 0; i < hidden.size(); ++i) out[i % width] += hidden[i];
  return unit(std::move(out));
}

test::FamilyGolden golden_of(const std::string& name) {
  return test::read_family_golden(WEFT_SOURCE_DIR "/tests/golden/embed/" + name + ".json");
}

std::shared_ptr<Model> load(const std::string& backend, const std::string& path) {
  auto model =
      Model::load(test::engine(), path,
                  {.backend = backend, .precision = "exact", .roles = {"hidden-states"}, .sequences = 3,
                   .step_tokens = 64});
  EXPECT_TRUE(model.ok()) << model.status().message();
  return model.ok() ? *model : nullptr;
}

/// Expects the golden's vectors for its texts, for each text alone and for all in one step.
void expect_golden(const test::FamilyGolden& golden, const std::shared_ptr<Model>& model) {
  ASSERT_TRUE(model);
  auto embedder = Embedder::create(model);
  ASSERT_TRUE(embedder.ok()) << embedder.status().message();
  const Texts texts = golden.json["texts"].get<Texts>();
  auto together = embedder->embed(texts);
  ASSERT_TRUE(together.ok()) << together.status().message();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::vector<float> want = expected(unpacked(golden.json["hidden"][i]), 32);
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
  for (const std::string& backend : test::reference_and_instruction_sets()) {
    auto model = load(backend, folder.path());
    expect_golden(golden, model);
    const Texts one{{5, 6}}, longer{std::vector<int32_t>(25, 4)};
    auto embedder = Embedder::create(model);
    ASSERT_TRUE(embedder.ok());
    const std::vector<float> vector = std::move(embedder->embed(one)).value()[0];
    EXPECT_LE(test::max_difference(unit(vector), vector), 1e-6);  // modules.json asks for vectors of length 1
    EXPECT_EQ(embedder->embed(longer).status().code(), Code::kOutOfRange);
  }
  const Status other = Model::load(test::engine(), folder.path(), {.backend = "reference"}).status();
  EXPECT_NE(other.message().find("no graph for \"predict-tokens\", only for hidden-states"), std::string_view::npos)
      << other.message();
}

TEST(Embed, A_gguf_of_bert_gives_what_transformers_computes) {
  const test::FamilyGolden golden = golden_of("bert");
  const TempFolder folder;
  test::write_gguf(golden, folder / "model.gguf");
  for (const std::string& backend : test::reference_and_instruction_sets())
    expect_golden(golden, load(backend, folder / "model.gguf"));
}

/// Writes what a case of the golden's "sentences" has beside the encoder: modules.json, and a folder for each module.
void write_modules(const Json& modules, uint64_t seed, const TempFolder& folder) {
  folder.write("modules.json", modules["modules.json"].dump());
  for (const auto& [name, module] : modules["folders"].items())
    test::write_module(module, name, seed, folder.path());
}

TEST(Embed, Modules_make_the_vectors_that_sentence_transformers_makes) {
  const test::FamilyGolden golden = golden_of("bert");
  const Texts texts = golden.json["texts"].get<Texts>();
  for (const Json& modules : golden.json["sentences"]) {
    const TempFolder folder;
    test::write_folder(golden, folder.path());
    write_modules(modules, golden.json["seed"], folder);
    auto embedder = Embedder::create(load("reference", folder.path()));
    ASSERT_TRUE(embedder.ok()) << embedder.status().message();
    auto vectors = embedder->embed(texts);
    ASSERT_TRUE(vectors.ok()) << vectors.status().message();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::vector<float> want = unpacked(modules["vectors"][i]);
      EXPECT_LE(test::max_difference((*vectors)[i], want), 1e-3 * test::deviation(want)) << modules["folders"];
    }
  }
}

/// The error of embedding with a folder that has two Dense modules and that `change` has changed; empty when there is
/// none.
std::string refused(const std::function<void(Json& modules, const TempFolder& folder)>& change) {
  const test::FamilyGolden golden = golden_of("bert");
  const TempFolder folder;
  test::write_folder(golden, folder.path());
  Json modules = golden.json["sentences"][10];
  change(modules, folder);
  write_modules(modules, golden.json["seed"], folder);
  auto embedder = Embedder::create(load("reference", folder.path()));
  if (!embedder.ok()) return std::string(embedder.status().message());
  auto vectors = embedder->embed(golden.json["texts"].get<Texts>());
  return vectors.ok() ? "" : std::string(vectors.status().message());
}

TEST(Embed, Modules_that_are_wrong_or_not_implemented_are_refused_by_name) {
  EXPECT_EQ(refused([](Json&, const TempFolder&) {}), "");
  const auto dense = [](const char* key, const Json& value) {
    return refused([&](Json& m, const TempFolder&) { m["folders"]["2_Dense"]["config"][key] = value; });
  };
  const auto has = [](const std::string& message, const char* part) {
    EXPECT_NE(message.find(part), message.npos) << message << " lacks " << part;
  };
  has(dense("activation_function", "torch.nn.modules.activation.Softsign"), "Softsign");
  has(dense("activation_function", "os.system.Tanh"), "os.system.Tanh");
  has(dense("use_residual", true), "use_residual");
  has(dense("module_input_name", "token_embeddings"), "module_input_name");
  has(dense("in_features", 31), "linear.weight is [48, 32], expected [48, 31]");
  has(dense("out_features", 1000000000), "out_features");
  has(dense("out_features", -1), "out_features");
  has(dense("bias", true), "no tensor linear.bias");
  has(refused([](Json& m, const TempFolder&) {
        m["folders"]["2_Dense"]["tensors"].push_back({"other", {1}, 0, 1});
      }),
      "2 tensors");
  has(refused([](Json& m, const TempFolder&) { m["modules.json"].erase(2); }),
      "a Dense module takes 48 values, what comes before it gives 32");
  has(refused([](Json& m, const TempFolder&) { m["modules.json"][2]["path"] = "../2_Dense"; }), "../2_Dense");
  has(refused([](Json& m, const TempFolder&) { m["modules.json"][2]["type"] = "acme.models.Dense"; }),
      "acme.models.Dense");
  has(refused([](Json& m, const TempFolder&) { m["modules.json"][2]["type"] = "sentence_transformers.models.LSTM"; }),
      "LSTM");
  has(refused([](Json& m, const TempFolder&) { m["modules.json"].erase(1); }), "sentence_transformers.models.Dense");
  has(refused([](Json& m, const TempFolder&) {
        m["folders"]["1_Pooling"]["config"] = {{"pooling_mode", "median"}};
      }),
      "median");
  has(refused([](Json& m, const TempFolder&) {
        m["folders"]["1_Pooling"]["config"] = {{"pooling_mode", Json::array()}};
      }),
      "pooling_mode");
  has(refused(
          [](Json& m, const TempFolder&) { m["folders"]["1_Pooling"]["config"]["pooling_mode_best_token"] = true; }),
      "pooling_mode_best_token");
  has(refused([](Json&, const TempFolder& f) {
        f.write("config_sentence_transformers.json", R"({"prompts": {"a": "x"}, "default_prompt_name": "b"})");
      }),
      "default_prompt_name \"b\"");
}

TEST(Embed, Tokens_of_a_prompt_may_not_count) {
  const std::vector<float> hidden{1, 2, 10, 20, 100, 200};  // [3, 2]
  Pooling p;
  p.modes = {Pooling::Mode::kCls, Pooling::Mode::kMean, Pooling::Mode::kWeightedMean, Pooling::Mode::kMax,
             Pooling::Mode::kLast};
  EXPECT_EQ(p.pool(hidden, 2, 1), p.pool(hidden, 2));
  p.include_prompt = false;
  EXPECT_EQ(p.pool(hidden, 2, 1), (std::vector<float>{10, 20, 55, 110, 64, 128, 100, 200, 100, 200}));
  EXPECT_EQ(p.pool(hidden, 2, 9), (std::vector<float>{100, 200, 100, 200, 100, 200, 100, 200, 100, 200}));
}

/// The bert of the golden, in a folder of its own, and a session of it with 3 sequences and steps of 64 tokens.
class TextBatches : public testing::Test {
 protected:
  void SetUp() override {
    test::write_folder(golden, folder.path());
    model = load("reference", folder.path());
    ASSERT_TRUE(model);
    auto opened = model->new_session();
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    session = std::move(*opened);
  }
  static std::vector<StepItem> items(const Texts& texts, bool all_rows) {
    std::vector<StepItem> out;
    for (const std::vector<int32_t>& ids : texts) out.push_back({-1, ids, all_rows});
    return out;
  }
  /// The message of the error that running `texts` has; empty when it has none.
  std::string refused(const Texts& texts, const BatchOptions& options = {}) {
    const auto ignore = [](std::size_t, std::span<const float>, int64_t) { return Status(); };
    return std::string(run_texts(*session, items(texts, false), ignore, options).message());
  }

  const test::FamilyGolden golden = golden_of("bert");
  const TempFolder folder;
  std::shared_ptr<Model> model;
  std::unique_ptr<Session> session;
};

TEST_F(TextBatches, Each_text_gets_its_own_rows_whatever_fits_into_a_step) {
  const Texts texts{{5, 6, 7}, {8}, {9, 10, 11, 12, 13, 14, 15, 16}, {17, 18}, {8}, std::vector<int32_t>(20, 4)};
  for (const bool all_rows : {true, false}) {
    std::vector<std::vector<float>> alone;
    for (const StepItem& item : items(texts, all_rows)) {
      const auto keep = [&](std::size_t text, std::span<const float> rows, int64_t width) {
        EXPECT_EQ(text, 0u);
        EXPECT_EQ(width, 32);
        alone.emplace_back(rows.begin(), rows.end());
        return Status();
      };
      ASSERT_TRUE(run_texts(*session, {&item, 1}, keep).ok());
      EXPECT_EQ(alone.back().size(), (all_rows ? item.tokens.size() : 1) * 32);
    }
    for (const int64_t tokens : {0, 1, 9, 64}) {
      for (const int64_t sequences : {0, 1, 2, 100}) {
        std::vector<int> times(texts.size());
        const auto compare = [&](std::size_t text, std::span<const float> rows, int64_t) {
          ++times.at(text);
          EXPECT_EQ(rows.size(), alone[text].size());
          const std::vector<float> got(rows.begin(), rows.end());
          EXPECT_LE(test::max_difference(got, alone[text]), 1e-5) << text;
          return Status();
        };
        const BatchOptions options{.tokens = tokens, .sequences = sequences};
        const Status status = run_texts(*session, items(texts, all_rows), compare, options);
        ASSERT_TRUE(status.ok()) << status.message();
        EXPECT_EQ(times, std::vector<int>(texts.size(), 1)) << tokens << " tokens, " << sequences << " sequences";
      }
    }
  }
  EXPECT_EQ(refused({}), "ok");
}

TEST_F(TextBatches, Texts_of_like_lengths_run_together) {
  const Texts texts{std::vector<int32_t>(20, 4), {8}, std::vector<int32_t>(19, 4), {8, 9}};
  std::vector<std::size_t> order;
  const auto note = [&](std::size_t text, std::span<const float>, int64_t) { return order.push_back(text), Status(); };
  ASSERT_TRUE(run_texts(*session, items(texts, false), note, {.sequences = 2}).ok());
  EXPECT_EQ(order, (std::vector<std::size_t>{1, 3, 2, 0}));
}

TEST_F(TextBatches, An_error_names_its_text_and_leaves_the_session_usable) {
  const std::vector<int32_t> good{5, 6}, longer(25, 4), outside{5, 1 << 20};
  const auto begins = [](const std::string& message, const std::string& with) {
    EXPECT_TRUE(message.starts_with(with)) << message;
  };
  const auto line = [](std::size_t text) { return "line " + std::to_string(text + 10); };
  for (int again = 0; again < 3; ++again) {  // sequences that stayed open would run out
    begins(refused({good, longer, good}), "text 2: context limit");
    begins(refused({longer}), "context limit");
    begins(refused({good, good, good, outside}), "text 4: ");
    begins(refused({good, {}}), "text 2: ");
    begins(refused({good, longer}, {.name = line}), "line 11: context limit");
    EXPECT_EQ(refused({good, good}), "ok");
  }
  const auto no = [](std::size_t text, std::span<const float>, int64_t) {
    return text == 1 ? Status(Code::kDataLoss, "no") : Status();
  };
  EXPECT_EQ(run_texts(*session, items({good, good, good}, true), no).message(), "text 2: no");
  const BatchOptions cancelled{.go_on = [] { return Status(Code::kCancelled, "cancelled"); }};
  EXPECT_EQ(refused({good, good}, cancelled), "cancelled");
  EXPECT_EQ(refused({good, good, good}), "ok");
}

TEST_F(TextBatches, A_sequence_has_one_step_with_all_its_tokens) {
  const std::vector<int32_t> ids{5, 6, 7};
  auto sequence = session->open();
  ASSERT_TRUE(sequence.ok());
  const StepItem item{*sequence, ids, true};
  ASSERT_TRUE(session->step({&item, 1}).ok());
  const Status again = session->step({&item, 1}).status();
  EXPECT_EQ(again.code(), Code::kFailedPrecondition);
  EXPECT_NE(again.message().find("in one step"), std::string_view::npos) << again.message();
}

TEST_F(TextBatches, Texts_are_embedded_together_as_each_alone) {
  folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\ndog\n");
  auto embedder = Embedder::create(load("reference", folder.path()));
  ASSERT_TRUE(embedder.ok()) << embedder.status().message();
  std::string many;
  for (int i = 0; i < 100; ++i) many += "cat ";  // is cut
  const std::vector<std::string_view> texts{"the cat", "", many, "dog dog dog dog", "the cat", "dog"};
  auto together = embedder->embed(texts);
  ASSERT_TRUE(together.ok()) << together.status().message();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto alone = embedder->embed(texts[i]);
    ASSERT_TRUE(alone.ok()) << alone.status().message();
    EXPECT_EQ((*together)[i].ids, alone->ids) << i;
    EXPECT_LE(test::max_difference((*together)[i].vector, alone->vector), 1e-5) << i;
  }
}

TEST(Embed, The_encoder_of_t5_alone_gives_what_transformers_computes) {
  if (!std::filesystem::exists(WEFT_SOURCE_DIR "/models/t5")) GTEST_SKIP() << "the family is gone";
  const test::FamilyGolden golden = golden_of("t5");
  const TempFolder folder, file;
  test::write_folder(golden, folder.path());
  test::write_gguf(golden, file / "model.gguf");
  for (const std::string& backend : test::reference_and_instruction_sets()) {
    expect_golden(golden, load(backend, folder.path()));
    expect_golden(golden, load(backend, file / "model.gguf"));
  }
}

TEST(Embed, A_model_that_was_loaded_for_its_encoder_first_makes_no_sequences_without_a_source) {
  if (!std::filesystem::exists(WEFT_SOURCE_DIR "/models/t5")) GTEST_SKIP() << "the family is gone";
  const TempFolder folder;
  test::write_folder(test::read_family_golden(test::family_goldens("t5.v1_1").at(0)), folder.path());
  const auto loaded_for = [&](std::vector<std::string> roles) {
    return Model::load(test::engine(), folder.path(), {.backend = "reference", .roles = std::move(roles)}).value();
  };
  const auto encoder_first = loaded_for({"read-source", "predict-tokens"});
  const Status s = encoder_first->new_session("predict-tokens").status();
  EXPECT_EQ(s.code(), Code::kFailedPrecondition);
  EXPECT_NE(s.message().find("load the model for \"predict-tokens\" first"), s.message().npos) << s.message();
  EXPECT_TRUE(loaded_for({"predict-tokens", "read-source"})->new_session("predict-tokens").ok());
}

}  // namespace
}  // namespace weft
