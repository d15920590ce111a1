// Tasks through tasks.hpp, and so through tasks.h.
#include <gtest/gtest.h>

#include "tests/task_golden.hpp"
#include "weft/tasks.hpp"

namespace {

using weft::test::TaskRun, weft::Json;

const weft::Options kReference = {.backend = "reference", .precision = "exact"};

weft::Runtime runtime() {
  return *weft::Runtime::create({.plugin_folders = {WEFT_BINARY_DIR "/lib/weft/plugins"}, .use_environment = false});
}

TaskRun run_of(const std::string& name) { return TaskRun(weft::test::task_golden(name)[0]); }

TEST(Cpp, A_tagger_finds_the_entities_of_texts) {
  const TaskRun run = run_of("tag");
  auto tagger = weft::Tagger::from_preset(run.folder.path(), kReference, runtime());
  ASSERT_TRUE(tagger.ok()) << tagger.status().message();
  EXPECT_NE(tagger->summary().find("by bert"), std::string::npos) << tagger->summary();
  const auto texts = run.texts("text");
  for (const char* how : {"none", "average"}) {
    const auto all = tagger->tag(texts, {.aggregation = how});
    ASSERT_TRUE(all.ok()) << all.status().message();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const Json& want = run.rows()[i]["output"][how];
      ASSERT_EQ((*all)[i].size(), want.size());
      for (std::size_t e = 0; e < want.size(); ++e) {
        const weft::Entity& got = (*all)[i][e];
        EXPECT_EQ(got.label, want[e].contains("entity") ? want[e]["entity"] : want[e]["entity_group"]);
        EXPECT_EQ(got.word, want[e]["word"]);
        EXPECT_EQ(got.start, want[e]["start"]);
        EXPECT_EQ(got.end, want[e]["end"]);
        EXPECT_EQ(got.token.has_value(), want[e].contains("index"));
        EXPECT_NEAR(got.score, want[e]["score"].get<double>(), 1e-3);
      }
    }
  }
  EXPECT_EQ(tagger->tag("a", {.aggregation = "mean"}).status().code(), weft::Code::kInvalidArgument);
  EXPECT_EQ(tagger->tag("a", {.stride = 4}).status().code(), weft::Code::kInvalidArgument);
  weft::Limits over;
  over.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  EXPECT_EQ(tagger->tag("a", {.limits = over}).status().code(), weft::Code::kDeadlineExceeded);
  EXPECT_TRUE(tagger->tag("a").ok());
}

TEST(Cpp, A_filler_proposes_words_for_masks) {
  const TaskRun run = run_of("fill");
  auto filler = weft::Filler::from_preset(run.folder.path(), kReference, runtime());
  ASSERT_TRUE(filler.ok()) << filler.status().message();
  EXPECT_EQ(filler->mask(), "[MASK]");
  const auto two = filler->fill("the [MASK] of [MASK]", 3);
  ASSERT_TRUE(two.ok()) << two.status().message();
  ASSERT_EQ(two->size(), 2u);
  EXPECT_EQ((*two)[1].size(), 3u);
  const Json& row = run.rows()[0];
  const auto one = filler->fill(row["text"].get<std::string>());
  ASSERT_TRUE(one.ok()) << one.status().message();
  ASSERT_EQ(one->size(), 1u);
  for (std::size_t k = 0; k < 5; ++k) {
    EXPECT_EQ((*one)[0][k].token, row["output"][k]["token"]);
    EXPECT_EQ((*one)[0][k].sequence, row["output"][k]["sequence"]);
  }
  EXPECT_EQ(filler->fill("no word is wanted").status().code(), weft::Code::kInvalidArgument);
}

TEST(Cpp, An_answerer_finds_answers_in_contexts) {
  const TaskRun run = run_of("answer");
  auto answerer = weft::Answerer::from_preset(run.folder.path(), kReference, runtime());
  ASSERT_TRUE(answerer.ok()) << answerer.status().message();
  const Json& row = run.rows()[0];
  const std::string question = row["question"], context = row["context"];
  const auto answer = answerer->answer(question, context);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(answer->text, row["output"]["answer"]);
  EXPECT_EQ(answer->start, row["output"]["start"]);
  EXPECT_NEAR(answer->score, row["output"]["score"].get<double>(), 1e-3);
  const weft::Question many[] = {{question, context}, {question, ""}};
  const auto failed = answerer->answer(many).status();
  EXPECT_NE(failed.message().find("text 2: the context is empty"), std::string::npos) << failed.message();
}

TEST(Cpp, Labels_of_the_caller_and_documents_are_ranked) {
  const TaskRun nli = run_of("zero_shot"), pairs = run_of("rerank");
  auto zero_shot = weft::ZeroShotClassifier::from_preset(nli.folder.path(), kReference, runtime());
  ASSERT_TRUE(zero_shot.ok()) << zero_shot.status().message();
  const Json& text = nli.rows()[0];
  const auto scores =
      zero_shot->classify(text["text"].get<std::string>(), text["labels"].get<std::vector<std::string>>());
  ASSERT_TRUE(scores.ok()) << scores.status().message();
  for (std::size_t i = 0; i < scores->size(); ++i) {
    EXPECT_EQ((*scores)[i].label, text["output"]["labels"][i]);
    EXPECT_NEAR((*scores)[i].score, text["output"]["scores"][i].get<double>(), 1e-3);
  }
  EXPECT_EQ(zero_shot->classify("a", {}).status().code(), weft::Code::kInvalidArgument);
  auto reranker = weft::Reranker::from_preset(pairs.folder.path(), kReference, runtime());
  ASSERT_TRUE(reranker.ok()) << reranker.status().message();
  const Json& query = pairs.rows()[0];
  const auto documents = query["documents"].get<std::vector<std::string>>();
  const auto ranked = reranker->rank(query["query"].get<std::string>(),
                                     std::vector<std::string_view>(documents.begin(), documents.end()));
  ASSERT_TRUE(ranked.ok()) << ranked.status().message();
  for (std::size_t i = 0; i < ranked->size(); ++i) EXPECT_EQ((*ranked)[i].document, query["output"][i]["index"]);
  EXPECT_EQ(reranker->rank("a", {}, "find it").status().code(), weft::Code::kInvalidArgument);
}

TEST(Cpp, A_classifier_reads_two_texts_together) {
  const TaskRun run = run_of("classify");
  auto classifier = weft::TextClassifier::from_preset(run.folder.path(), kReference, runtime());
  ASSERT_TRUE(classifier.ok()) << classifier.status().message();
  const Json& row = run.rows()[4];
  const auto classes = classifier->classify(row["texts"][0].get<std::string>(), row["texts"][1].get<std::string>());
  ASSERT_TRUE(classes.ok()) << classes.status().message();
  const std::vector<float> want = weft::test::unpack(row["logits"]);
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(classes->logits[i], want[i], 1e-3);
}

// --- misuse of the C functions ------------------------------------------------------------------------
weft_code code_of(weft_status* status) {
  const weft_code code = weft_status_code(status);
  weft_status_free(status);
  return code;
}

TEST(C, Tasks_refuse_null_and_options_that_were_not_made) {
  const TaskRun run = run_of("tag");
  const weft::Runtime r = runtime();
  weft_tagger* tagger = nullptr;
  EXPECT_EQ(code_of(weft_tagger_load(nullptr, "a", nullptr, &tagger)), WEFT_INVALID_ARGUMENT);
  EXPECT_EQ(code_of(weft_tagger_load(r.handle(), nullptr, nullptr, &tagger)), WEFT_INVALID_ARGUMENT);
  EXPECT_EQ(code_of(weft_tagger_load(r.handle(), "a", nullptr, nullptr)), WEFT_INVALID_ARGUMENT);
  EXPECT_EQ(code_of(weft_filler_load(r.handle(), run.folder.path().c_str(), nullptr, nullptr)), WEFT_INVALID_ARGUMENT);
  weft_filler* filler = nullptr;
  EXPECT_EQ(code_of(weft_filler_load(r.handle(), run.folder.path().c_str(), nullptr, &filler)),
            WEFT_FAILED_PRECONDITION);
  EXPECT_EQ(filler, nullptr);
  ASSERT_EQ(code_of(weft_tagger_load(r.handle(), run.folder.path().c_str(), nullptr, &tagger)), WEFT_OK);
  weft_entities out{};
  const weft_str text{"the sea", 7}, none{nullptr, 3};
  weft_tag_options options{};
  EXPECT_EQ(code_of(weft_tagger_texts(nullptr, &text, 1, nullptr, &out)), WEFT_INVALID_ARGUMENT);
  EXPECT_EQ(code_of(weft_tagger_texts(tagger, nullptr, 1, nullptr, &out)), WEFT_INVALID_ARGUMENT);
  EXPECT_EQ(code_of(weft_tagger_texts(tagger, &text, 1, nullptr, nullptr)), WEFT_INVALID_ARGUMENT);
  EXPECT_EQ(code_of(weft_tagger_texts(tagger, &none, 1, nullptr, &out)), WEFT_INVALID_ARGUMENT);
  EXPECT_EQ(code_of(weft_tagger_texts(tagger, &text, 1, &options, &out)), WEFT_INVALID_ARGUMENT);
  EXPECT_EQ(code_of(weft_tagger_texts(tagger, nullptr, 0, nullptr, nullptr)), WEFT_OK);
  EXPECT_EQ(code_of(weft_tagger_texts(tagger, &text, 1, nullptr, &out)), WEFT_OK);
  weft_tagger_free(tagger);
  weft_tagger_free(nullptr), weft_filler_free(nullptr), weft_answerer_free(nullptr), weft_zero_shot_free(nullptr),
      weft_reranker_free(nullptr);
  EXPECT_STREQ(weft_tagger_summary(nullptr), "");
  EXPECT_EQ(weft_filler_mask(nullptr).size, 0u);
}

}  // namespace
