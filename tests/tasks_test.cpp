// Tasks from texts to what they are for, against the pipelines of transformers and the CrossEncoder of
// sentence-transformers (tests/golden/tasks.py makes the goldens).
#include <gtest/gtest.h>

#include "core/tasks/answerer.hpp"
#include "core/tasks/classifier.hpp"
#include "core/tasks/filler.hpp"
#include "core/tasks/reranker.hpp"
#include "core/tasks/tagger.hpp"
#include "core/tasks/zero_shot.hpp"
#include "tests/golden_model.hpp"
#include "tests/task_golden.hpp"

namespace weft {
namespace {

using test::deviation, test::max_difference, test::TaskRun, test::unpack;

// How far a logit may be off, in standard deviations of the golden's logits, and a score.
constexpr double kLimit = 1e-3, kScoreLimit = 1e-3;

/// [backend, case]
class TasksTest : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  /// Calls f(run, model) for each tokenizer that the golden has.
  template <class F>
  void each_run(const char* role, const F& f) {
    for (const Json& golden : test::task_golden(std::get<1>(GetParam()))) {
      SCOPED_TRACE(golden["tokenizer"].get<std::string>());
      const TaskRun run(golden);
      auto model = load(run, role);
      ASSERT_TRUE(model.ok()) << model.status().message();
      f(run, std::move(*model));
    }
  }
  Result<std::shared_ptr<Model>> load(const TaskRun& run, const char* role) const {
    return Model::load(test::engine(), run.folder.path(),
                       {.backend = std::get<0>(GetParam()), .precision = "exact", .roles = {role}, .sequences = 4});
  }
  void expect_logits(std::span<const float> got, const Json& packed) const {
    const std::vector<float> want = unpack(packed);
    ASSERT_EQ(got.size(), want.size());
    EXPECT_LE(max_difference(got, want), kLimit * deviation(want));
  }
};

std::vector<float> flat(const std::vector<std::vector<float>>& rows) {
  std::vector<float> out;
  for (const auto& row : rows) out.insert(out.end(), row.begin(), row.end());
  return out;
}

Json json_of(const std::vector<Entity>& entities) {
  Json out = Json::array();
  for (const Entity& e : entities) {
    Json& entity = out.emplace_back(Json::object());
    entity[e.index ? "entity" : "entity_group"] = e.label;
    if (e.index) entity["index"] = *e.index;
    entity["word"] = e.word, entity["start"] = e.start, entity["end"] = e.end;
  }
  return test::without_scores(std::move(out));
}

class ClassifyTextsTest : public TasksTest {};
TEST_P(ClassifyTextsTest, Texts_and_pairs_give_the_logits_and_scores_of_the_pipeline) {
  each_run(WEFT_ROLE_CLASSIFY_SEQUENCE, [&](const TaskRun& run, std::shared_ptr<Model> model) {
    auto classifier = Classifier::create(std::move(model));
    ASSERT_TRUE(classifier.ok()) << classifier.status().message();
    std::vector<ClassifiedText> texts;
    for (const Json& row : run.rows()) {
      const auto& both = row["texts"];
      ClassifiedText& text = texts.emplace_back(ClassifiedText{both[0].get_ref<const std::string&>()});
      if (both.size() == 2) text.pair = both[1].get_ref<const std::string&>();
    }
    const auto results = classifier->classify_texts(texts);
    ASSERT_TRUE(results.ok()) << results.status().message();
    const auto& names = classifier->labels().names;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const Json& row = run.rows()[i];
      const auto alone = classifier->classify_text(texts[i].text, texts[i].pair);
      ASSERT_TRUE(alone.ok()) << alone.status().message();
      expect_logits((*results)[i].logits, row["logits"]);
      expect_logits(alone->logits, row["logits"]);
      EXPECT_EQ(names[(*results)[i].label], row["output"][0]["label"]);
      for (const Json& scored : row["output"]) {
        const auto at = std::find(names.begin(), names.end(), scored["label"]) - names.begin();
        EXPECT_NEAR((*results)[i].scores[static_cast<std::size_t>(at)], scored["score"].get<double>(), kScoreLimit);
      }
    }
  });
}

class ZeroShotTest : public TasksTest {};
TEST_P(ZeroShotTest, Labels_of_the_caller_get_the_scores_of_the_pipeline) {
  each_run(WEFT_ROLE_CLASSIFY_SEQUENCE, [&](const TaskRun& run, std::shared_ptr<Model> model) {
    auto zero_shot = ZeroShot::create(std::move(model));
    ASSERT_TRUE(zero_shot.ok()) << zero_shot.status().message();
    for (const Json& row : run.rows()) {
      ZeroShotOptions options;
      options.labels = row["labels"].get<std::vector<std::string>>();
      options.multi_label = row["multi_label"], options.hypothesis = row["hypothesis"];
      const std::string_view text = row["text"].get_ref<const std::string&>();
      const auto results = zero_shot->classify(std::span(&text, 1), options);
      ASSERT_TRUE(results.ok()) << results.status().message();
      const ZeroShotResult& result = results->at(0);
      std::vector<std::vector<float>> logits(options.labels.size());
      for (std::size_t i = 0; i < result.labels.size(); ++i) {
        EXPECT_EQ(options.labels[result.labels[i]], row["output"]["labels"][i]);
        EXPECT_NEAR(result.scores[i], row["output"]["scores"][i].get<double>(), kScoreLimit);
        logits[result.labels[i]] = result.logits[i];  // the golden has them in the order of the labels given
      }
      expect_logits(flat(logits), row["logits"]);
    }
  });
}

class RerankTest : public TasksTest {};
TEST_P(RerankTest, Documents_get_the_scores_and_the_order_of_the_reference) {
  for (const Json& golden : test::task_golden(std::get<1>(GetParam()))) {
    SCOPED_TRACE(golden["tokenizer"].get<std::string>());
    const TaskRun run(golden);
    auto reranker = Reranker::load(test::engine(), run.folder.path(),
                                   {.backend = std::get<0>(GetParam()), .precision = "exact", .sequences = 4});
    ASSERT_TRUE(reranker.ok()) << reranker.status().message();
    for (const Json& row : run.rows()) {
      const auto documents = row["documents"].get<std::vector<std::string>>();
      const bool instructed = row.contains("instruction") && row["instruction"].is_string();
      const auto ranked = reranker->rank(row["query"].get_ref<const std::string&>(),
                                         std::vector<std::string_view>(documents.begin(), documents.end()),
                                         instructed ? row["instruction"].get<std::string>() : "");
      ASSERT_TRUE(ranked.ok()) << ranked.status().message();
      ASSERT_EQ(ranked->size(), documents.size());
      std::vector<std::vector<float>> logits(documents.size());
      for (std::size_t i = 0; i < ranked->size(); ++i) {
        EXPECT_EQ((*ranked)[i].index, row["output"][i]["index"]);
        EXPECT_NEAR((*ranked)[i].score.score, row["output"][i]["score"].get<double>(), kScoreLimit);
        logits[(*ranked)[i].index] = (*ranked)[i].score.logits;
      }
      expect_logits(flat(logits), row["logits"]);
    }
  }
}

class TagTest : public TasksTest {};
TEST_P(TagTest, Entities_of_every_aggregation_equal_those_of_the_pipeline) {
  each_run(WEFT_ROLE_CLASSIFY_TOKENS, [&](const TaskRun& run, std::shared_ptr<Model> model) {
    auto tagger = Tagger::create(std::move(model));
    ASSERT_TRUE(tagger.ok()) << tagger.status().message();
    const auto texts = run.texts("text");
    for (const auto& [name, unused] : run.rows()[0]["output"].items()) {
      TagOptions options;
      const bool windows = name == "stride";
      options.aggregation = windows ? Aggregation::kSimple : *aggregation_of(name);
      if (windows) options.stride = 9;
      const auto results = tagger->tag(texts, options);
      ASSERT_TRUE(results.ok()) << results.status().message();
      for (std::size_t i = 0; i < texts.size(); ++i) {
        SCOPED_TRACE(name + ": " + std::string(texts[i]));
        const Json& row = run.rows()[i];
        EXPECT_EQ(json_of((*results)[i].entities), test::without_scores(row["output"][name]));
        for (std::size_t e = 0; e < (*results)[i].entities.size(); ++e)
          EXPECT_NEAR((*results)[i].entities[e].score, row["output"][name][e]["score"].get<double>(), kScoreLimit);
        if (windows || texts[i].empty()) continue;
        EXPECT_EQ((*results)[i].windows.at(0).ids, row["ids"].get<std::vector<int32_t>>());
        expect_logits((*results)[i].windows[0].logits, row["logits"]);
      }
    }
  });
}

class FillTest : public TasksTest {};
TEST_P(FillTest, Masks_get_the_predictions_of_the_pipeline) {
  each_run(WEFT_ROLE_FILL_MASKS, [&](const TaskRun& run, std::shared_ptr<Model> model) {
    auto filler = Filler::create(std::move(model));
    ASSERT_TRUE(filler.ok()) << filler.status().message();
    const auto results = filler->fill(run.texts("text"), 5);
    ASSERT_TRUE(results.ok()) << results.status().message();
    for (std::size_t i = 0; i < results->size(); ++i) {
      const Json& row = run.rows()[i];
      SCOPED_TRACE(row["text"].dump());
      const Filled& filled = (*results)[i];
      EXPECT_EQ(filled.ids, row["ids"].get<std::vector<int32_t>>());
      expect_logits(filled.logits, row["logits"]);
      const Json masks = filled.masks.size() == 1 ? Json::array({row["output"]}) : row["output"];
      ASSERT_EQ(filled.masks.size(), masks.size());
      for (std::size_t m = 0; m < masks.size(); ++m) {
        ASSERT_EQ(filled.masks[m].size(), masks[m].size());
        for (std::size_t k = 0; k < masks[m].size(); ++k) {
          const Prediction& p = filled.masks[m][k];
          const Json got = {{"token", p.token}, {"token_str", p.token_str}, {"sequence", p.sequence}};
          EXPECT_EQ(test::without_scores(got), test::without_scores(masks[m][k]));
          EXPECT_NEAR(p.score, masks[m][k]["score"].get<double>(), kScoreLimit);
        }
      }
    }
  });
}

class AnswerTest : public TasksTest {};
TEST_P(AnswerTest, Answers_equal_those_of_the_pipeline) {
  each_run(WEFT_ROLE_CLASSIFY_SPANS, [&](const TaskRun& run, std::shared_ptr<Model> model) {
    auto answerer = Answerer::create(std::move(model));
    ASSERT_TRUE(answerer.ok()) << answerer.status().message();
    for (const Json& row : run.rows()) {
      SCOPED_TRACE(row["question"].dump() + row["how"].dump());
      AnswerOptions options;
      options.max_tokens = row["how"].value("max_seq_len", std::size_t{0});
      if (row["how"].contains("doc_stride")) options.stride = row["how"]["doc_stride"].get<std::size_t>();
      options.max_answer_tokens = row["how"].value("max_answer_len", options.max_answer_tokens);
      options.may_be_none = row["how"].value("handle_impossible_answer", false);
      const Question question{row["question"].get_ref<const std::string&>(),
                              row["context"].get_ref<const std::string&>()};
      const auto answers = answerer->answer({&question, 1}, options);
      if (row["output"].is_null()) {
        EXPECT_EQ(answers.status().code(), Code::kOutOfRange) << answers.status().message();
        continue;
      }
      ASSERT_TRUE(answers.ok()) << answers.status().message();
      const Answer& answer = answers->at(0);
      const Json got = {{"start", answer.start}, {"end", answer.end}, {"answer", answer.text}};
      EXPECT_EQ(test::without_scores(got), test::without_scores(row["output"]));
      EXPECT_NEAR(answer.score, row["output"]["score"].get<double>(), kScoreLimit);
      ASSERT_EQ(answer.windows.size(), row["ids"].size());
      for (std::size_t w = 0; w < answer.windows.size(); ++w) {
        EXPECT_EQ(answer.windows[w].ids, row["ids"][w].get<std::vector<int32_t>>());
        expect_logits(answer.windows[w].start_logits, row["start_logits"][w]);
        expect_logits(answer.windows[w].end_logits, row["end_logits"][w]);
      }
    }
  });
}

std::string name_of(const testing::TestParamInfo<std::tuple<std::string, std::string>>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param);
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

auto on_all_backends(std::initializer_list<std::string> cases) {
  return testing::Combine(testing::ValuesIn(test::reference_and_instruction_sets()),
                          testing::ValuesIn(std::vector<std::string>(cases)));
}

INSTANTIATE_TEST_SUITE_P(Goldens, ClassifyTextsTest,
                         on_all_backends({"classify", "classify_distilbert", "classify_untyped"}), name_of);
INSTANTIATE_TEST_SUITE_P(Goldens, ZeroShotTest, on_all_backends({"zero_shot", "zero_shot_first"}), name_of);
INSTANTIATE_TEST_SUITE_P(Goldens, RerankTest,
                         on_all_backends({"rerank", "rerank_tanh", "rerank_xlm_roberta", "rerank_yes_no"}), name_of);
INSTANTIATE_TEST_SUITE_P(Goldens, TagTest, on_all_backends({"tag", "tag_electra"}), name_of);
INSTANTIATE_TEST_SUITE_P(Goldens, FillTest, on_all_backends({"fill", "fill_roberta"}), name_of);
INSTANTIATE_TEST_SUITE_P(Goldens, AnswerTest, on_all_backends({"answer"}), name_of);

}  // namespace
}  // namespace weft
