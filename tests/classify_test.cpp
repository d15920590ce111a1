// Classifiers against transformers (tests/golden/classify.py makes the goldens): from pixels, texts and image files to
// logits.
#include <gtest/gtest.h>

#include "core/tasks/classifier.hpp"
#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;
using test::deviation, test::FamilyGolden, test::max_difference;
using testing_files::TempFolder;

const fs::path kFolder = fs::path(WEFT_SOURCE_DIR) / "tests/golden/classify";
// How far a logit may be off, in standard deviations of the golden's logits; a larger limit hides wrong arithmetic.
constexpr double kLimit = 1e-3;
// The same for JPEG files, whose decoders may round a sample differently than Pillow's does.
constexpr double kJpegLimit = 0.05;

std::vector<std::string> cases(const std::string& type) {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".json" && name.starts_with(type + ".")) all.push_back(name);
  }
  std::sort(all.begin(), all.end());
  return all;
}

Result<std::shared_ptr<Model>> load(const fs::path& folder, const std::string& backend, int64_t sequences = 1) {
  return Model::load(test::engine(), folder.string(),
                     {.backend = backend, .precision = "exact", .roles = {"classify-sequence"},
                      .sequences = sequences});
}

Result<Classifier> open(const fs::path& folder, const std::string& backend = "reference") {
  WEFT_TRY(auto model, load(folder, backend));
  return Classifier::create(std::move(model));
}

/// A checkpoint folder with the weights of the golden `name`.
struct Written {
  FamilyGolden golden;
  TempFolder folder;
  explicit Written(const std::string& name) : golden(test::read_family_golden(kFolder / (name + ".json"))) {
    test::write_folder(golden, folder.path());
    if (golden.json.contains("preprocessor"))
      folder.write("preprocessor_config.json", golden.json["preprocessor"].dump());
  }
};

class ClassifyTest : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }
  const Written written{std::get<1>(GetParam())};
};
class ImagesTest : public ClassifyTest {};
class TextsTest : public ClassifyTest {};

TEST_P(ImagesTest, Pixels_give_the_logits_of_transformers) {
  const Json& spec = written.golden.json["pixels"];
  const int64_t images = spec[1][0];
  auto model = load(written.folder.path(), backend(), images);
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto graph = GraphInstance::create((*model)->compiled());
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const std::vector<float> pixels = test::made_values(spec, written.golden.json["seed"]),
                           want = test::unpack(written.golden.json["expected"]);
  std::copy(pixels.begin(), pixels.end(), (*graph)->f32_input("pixels"));
  ASSERT_TRUE((*graph)->run({{"S", images}}).ok());
  EXPECT_LE(max_difference({(*graph)->output("logits"), want.size()}, want), kLimit * deviation(want));
}

TEST_P(ImagesTest, Files_give_the_logits_of_transformers) {
  auto classifier = open(written.folder.path(), backend());
  ASSERT_TRUE(classifier.ok()) << classifier.status().message();
  const double sd = deviation(test::unpack(written.golden.json["expected"]));
  for (const auto& [name, packed] : written.golden.json["images"].items()) {
    auto result = classifier->classify_file(testing_files::read_file(kFolder / "images" / name));
    ASSERT_TRUE(result.ok()) << name << ": " << result.status().message();
    EXPECT_LE(max_difference(result->logits, test::unpack(packed)), (name.ends_with(".jpg") ? kJpegLimit : kLimit) * sd)
        << name;
  }
}

TEST_P(TextsTest, Ids_give_the_logits_of_transformers_alone_and_in_company) {
  const auto texts = written.golden.json["texts"].get<std::vector<std::vector<int32_t>>>();
  auto model = load(written.folder.path(), backend(), static_cast<int64_t>(texts.size()));
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto session = std::move((*model)->new_session()).value();
  std::vector<StepItem> items;
  for (const auto& ids : texts) items.push_back({*session->open(), ids, false});
  std::vector<float> wants;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::vector<float> want = test::unpack(written.golden.json["expected"][i]);
    wants.insert(wants.end(), want.begin(), want.end());
  }
  auto together = session->step(items);
  ASSERT_TRUE(together.ok()) << together.status().message();
  ASSERT_EQ(together->rows * together->width, static_cast<int64_t>(wants.size()));
  EXPECT_LE(max_difference({together->data, wants.size()}, wants), kLimit * deviation(wants));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ASSERT_TRUE(session->rollback(items[i].sequence, 0).ok());
    auto alone = session->step(std::span(items).subspan(i, 1));
    ASSERT_TRUE(alone.ok()) << alone.status().message();
    const auto labels = static_cast<std::size_t>(alone->width);
    EXPECT_LE(max_difference(alone->row(0), std::span(wants).subspan(i * labels, labels)), kLimit * deviation(wants))
        << i;
  }
}

// --- labels and scores ------------------------------------------------------------------------------
TEST(Labels, Scores_follow_the_problem_type) {
  const std::vector<float> logits{1, 3, 2};
  const auto scores = [&](const char* config) {
    return std::move(Labels::read(std::move(parse_json(config)).value(), "c", 3)).value().scores(logits);
  };
  EXPECT_NEAR(scores("{}")[1], 0.66524, 1e-5);
  EXPECT_NEAR(scores(R"({"problem_type": "single_label_classification"})")[0], 0.09003, 1e-5);
  EXPECT_NEAR(scores(R"({"problem_type": "multi_label_classification"})")[0], 0.73106, 1e-5);
  EXPECT_EQ(scores(R"({"problem_type": "regression"})"), logits);
}

TEST(Labels, Names_that_outputs_share_are_told_apart) {
  const Json config = std::move(parse_json(R"({"id2label": {"0": "a", "2": "a", "1": "b"}})")).value();
  EXPECT_EQ(Labels::read(config, "c", 3)->names, (std::vector<std::string>{"a (0)", "b", "a (2)"}));
  EXPECT_EQ(Labels::read(Json::object(), "c", 2)->names, (std::vector<std::string>{"LABEL_0", "LABEL_1"}));
}

// --- bad input --------------------------------------------------------------------------------------
/// What opening the folder of vit.bare gives when `key` of its config is changed to `value`; null removes the key.
Status with(const char* key, const Json& value) {
  Written w("vit.bare");
  Json config = w.golden.json["config"];
  value.is_null() ? void(config.erase(key)) : void(config[key] = value);
  w.folder.write("config.json", config.dump());
  return open(w.folder.path()).status();
}

TEST(BadClassifier, Configs_that_are_wrong_are_refused_by_name) {
  const Json two = Json::parse(R"({"0": "x", "1": "y"})"),
             twice = Json::parse(R"({"0": "x", "1": "y", "2": "z", "04": "w"})");
  const std::tuple<const char*, Json, const char*> bad[] = {
      {"id2label", two, "classifier"},           {"id2label", twice, "id2label"},
      {"id2label", Json::array(), "id2label"},   {"id2label", nullptr, "classifier"},
      {"problem_type", "ranking", "ranking"},    {"architectures", Json::array({"ViTModel"}), "architectures"},
      {"image_size", 1000000000, "image_size"},  {"image_size", Json::array({8, 8, 8}), "image_size"},
      {"image_size", 16, "position_embeddings"}, {"patch_size", 25, "patch_size"},
      {"patch_size", 0, "patch_size"},           {"num_channels", 2, "num_channels"},
      {"hidden_size", 30, "hidden_size"},        {"num_hidden_layers", 1000000000, "num_hidden_layers"},
      {"num_hidden_layers", 1, "without a use"}, {"hidden_act", "mish", "mish"},
      {"layer_norm_eps", 0, "layer_norm_eps"}};
  for (const auto& [key, value, part] : bad) {
    const Status s = with(key, value);
    EXPECT_FALSE(s.ok()) << key << " " << value;
    EXPECT_NE(s.message().find(part), std::string_view::npos) << key << " " << value << ": " << s.message();
  }
}

TEST(BadClassifier, A_folder_without_preprocessor_config_is_refused) {
  Written w("vit.bare");
  fs::remove(w.folder / "preprocessor_config.json");
  const Status s = open(w.folder.path()).status();
  EXPECT_EQ(s.code(), Code::kNotFound);
  EXPECT_NE(s.message().find("preprocessor_config.json"), std::string_view::npos) << s.message();
}

TEST(BadClassifier, The_other_kind_of_input_and_other_models_are_refused) {
  const Written images("vit.bare"), texts("bert.single");
  EXPECT_EQ(open(images.folder.path())->classify_text("a").status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(open(texts.folder.path())->classify_file("a").status().code(), Code::kFailedPrecondition);
  Json config = texts.golden.json["config"];
  config["architectures"] = Json::array({"BertForTokenClassification"});
  texts.folder.write("config.json", config.dump());
  const Status other = open(texts.folder.path()).status();
  EXPECT_NE(other.message().find("no graph for \"classify-sequence\""), std::string_view::npos) << other.message();
}

std::string name_of(const testing::TestParamInfo<std::tuple<std::string, std::string>>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param);
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Goldens, ImagesTest,
                         testing::Combine(testing::ValuesIn(test::reference_and_instruction_sets()),
                                          testing::ValuesIn(cases("vit"))),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Goldens, TextsTest,
                         testing::Combine(testing::ValuesIn(test::reference_and_instruction_sets()),
                                          testing::ValuesIn(cases("bert"))),
                         name_of);

}  // namespace
}  // namespace weft
