// Tasks on models that are not for them, on checkpoints that contradict themselves, and on texts that lack something.
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

using test::TaskRun;

/// The first run of a golden.
TaskRun run_of(const std::string& name) { return TaskRun(test::task_golden(name)[0]); }

Result<std::shared_ptr<Model>> load(const std::string& path, const char* role) {
  test::warnings().clear();
  return Model::load(test::engine(), path,
                     {.backend = "reference", .precision = "exact", .roles = {role}, .sequences = 2});
}

template <class Task>
Result<Task> open(const TaskRun& run, const char* role) {
  WEFT_TRY(auto model, load(run.folder.path(), role));
  return Task::create(std::move(model));
}

Result<Reranker> open_reranker(const std::string& path) {
  return Reranker::load(test::engine(), path, {.backend = "reference", .precision = "exact"});
}

void expect_error(const Status& status, Code code, const char* part) {
  EXPECT_EQ(status.code(), code) << status.message();
  EXPECT_NE(status.message().find(part), std::string_view::npos) << status.message();
}

using Texts = std::vector<std::string_view>;

TEST(BadTask, A_head_that_the_model_lacks_is_named) {
  const TaskRun classify = run_of("classify");
  for (const char* role : {WEFT_ROLE_CLASSIFY_TOKENS, WEFT_ROLE_CLASSIFY_SPANS, WEFT_ROLE_FILL_MASKS})
    expect_error(load(classify.folder.path(), role).status(), Code::kFailedPrecondition, role);
  const std::string decoder = WEFT_SOURCE_DIR "/tests/golden/llama/llama1";
  expect_error(load(decoder, WEFT_ROLE_CLASSIFY_SEQUENCE).status(), Code::kFailedPrecondition,
               WEFT_ROLE_CLASSIFY_SEQUENCE);
}

TEST(BadTask, Labels_that_disagree_with_the_head_are_refused) {
  const TaskRun tag = run_of("tag");
  tag.change("config.json", "id2label", {{"0", "O"}, {"1", "B-PER"}});
  expect_error(open<Tagger>(tag, WEFT_ROLE_CLASSIFY_TOKENS).status(), Code::kInvalidArgument, "classifier");
  TaskRun answer = run_of("answer");
  for (Json& t : answer.golden["tensors"]) {
    if (t[0].get<std::string>().starts_with("qa_outputs.")) t[1][0] = 3;
  }
  const TaskRun three(answer.golden);
  expect_error(open<Answerer>(three, WEFT_ROLE_CLASSIFY_SPANS).status(), Code::kInvalidArgument, "qa_outputs");
}

TEST(BadTask, A_model_without_a_tokenizer_is_told_so) {
  const TaskRun tag = run_of("tag");
  std::filesystem::remove(tag.folder / "tokenizer.json");
  expect_error(open<Tagger>(tag, WEFT_ROLE_CLASSIFY_TOKENS).status(), Code::kFailedPrecondition, "no tokenizer");
}

TEST(BadTask, Settings_of_the_tokenizer_that_are_unknown_are_refused_by_name) {
  const TaskRun tag = run_of("tag");
  tag.change("tokenizer_config.json", "truncation_side", "middle");
  expect_error(open<Tagger>(tag, WEFT_ROLE_CLASSIFY_TOKENS).status(), Code::kUnimplemented, "truncation_side");
  for (const Json& wrong : {Json(0), Json(-1), Json("many")}) {
    tag.change("tokenizer_config.json", "model_max_length", wrong);
    expect_error(open<Tagger>(tag, WEFT_ROLE_CLASSIFY_TOKENS).status(), Code::kInvalidArgument, "model_max_length");
  }
  tag.change("tokenizer_config.json", "model_max_length", 1e30);  // no limit but the model's
  auto tagger = open<Tagger>(tag, WEFT_ROLE_CLASSIFY_TOKENS);
  ASSERT_TRUE(tagger.ok()) << tagger.status().message();
  const std::string text(500, '!');
  const std::string_view texts[] = {text};
  EXPECT_EQ(tagger->tag(texts)->at(0).windows[0].ids.size(), 64u);
}

TEST(BadTask, Texts_that_are_too_long_are_cut_and_told_of) {
  const TaskRun tag = run_of("tag");
  auto tagger = open<Tagger>(tag, WEFT_ROLE_CLASSIFY_TOKENS);
  ASSERT_TRUE(tagger.ok());
  const std::string text(100, '!');
  const std::string_view texts[] = {text};
  EXPECT_EQ(tagger->tag(texts)->at(0).windows[0].ids.size(), 48u);  // model_max_length
  EXPECT_NE(test::warnings().find("tag: a text of 102 tokens is cut to the 48"), std::string::npos) << test::warnings();
  test::warnings().clear();
  EXPECT_TRUE(tagger->tag(texts, {.aggregation = Aggregation::kSimple, .stride = 4}).ok());
  EXPECT_EQ(test::warnings(), "");
  expect_error(tagger->tag(texts, {.stride = 4}).status(), Code::kInvalidArgument, "stride");
  expect_error(tagger->tag(texts, {.aggregation = Aggregation::kSimple, .stride = 46}).status(), Code::kOutOfRange,
               "cannot share 46");
}

TEST(BadTask, Logits_that_are_not_finite_are_reported_with_their_text) {
  TaskRun run = run_of("tag");
  for (Json& t : run.golden["tensors"]) {
    if (t[0] == "classifier.weight") t[2] = 3e38;
  }
  const TaskRun damaged(run.golden);
  auto tagger = open<Tagger>(damaged, WEFT_ROLE_CLASSIFY_TOKENS);
  ASSERT_TRUE(tagger.ok()) << tagger.status().message();
  const Status s = tagger->tag(Texts{"", "the harbour"}).status();
  expect_error(s, Code::kDataLoss, "not finite");
  EXPECT_NE(s.message().find("text 2"), std::string_view::npos) << s.message();
}

TEST(BadTask, A_text_without_a_mask_and_a_tokenizer_without_one_are_refused) {
  const TaskRun run = run_of("fill");
  auto filler = open<Filler>(run, WEFT_ROLE_FILL_MASKS);
  ASSERT_TRUE(filler.ok()) << filler.status().message();
  EXPECT_EQ(filler->mask(), "[MASK]");
  const Status none = filler->fill(Texts{"the [MASK]", "the harbour"}, 5).status();
  expect_error(none, Code::kInvalidArgument, "no mask [MASK]");
  EXPECT_NE(none.message().find("text 2"), std::string_view::npos) << none.message();
  const std::string late = std::string(100, '!') + "[MASK]";  // beyond what is read
  expect_error(filler->fill(Texts{late}, 5).status(), Code::kInvalidArgument, "among the first 48 tokens");
  expect_error(filler->fill(Texts{"[MASK]"}, 0).status(), Code::kInvalidArgument, "at least 1");
  EXPECT_EQ(filler->fill(Texts{"[MASK]"}, 100000)->at(0).masks[0].size(), 160u);  // the vocabulary
  run.change("tokenizer_config.json", "mask_token", "<none>");
  expect_error(open<Filler>(run, WEFT_ROLE_FILL_MASKS).status(), Code::kFailedPrecondition, "the mask has id 160");
  run.change("tokenizer_config.json", "mask_token", nullptr);
  run.folder.write("tokenizer.json", testing_files::read_file(test::kTaskGoldens / "chat.tokenizer.json"));
  expect_error(open<Filler>(run, WEFT_ROLE_FILL_MASKS).status(), Code::kFailedPrecondition, "no mask token");
}

TEST(BadTask, Questions_that_cannot_be_answered_are_told_why) {
  const TaskRun run = run_of("answer");
  auto answerer = open<Answerer>(run, WEFT_ROLE_CLASSIFY_SPANS);
  ASSERT_TRUE(answerer.ok()) << answerer.status().message();
  const Question empty[] = {{"who?", "Anna."}, {"", "Anna."}}, context[] = {{"who?", ""}};
  const Status no_question = answerer->answer(empty).status();
  expect_error(no_question, Code::kInvalidArgument, "text 2: the question is empty");
  expect_error(answerer->answer(context).status(), Code::kInvalidArgument, "the context is empty");
  const std::string words(100, '?');
  const Question full[] = {{words, "Anna."}};
  expect_error(answerer->answer(full).status(), Code::kOutOfRange, "leaves no room");
  const Question fine[] = {{"who?", "Anna walked. Anna walked. Anna walked to Lisbon."}};
  expect_error(answerer->answer(fine, {.max_tokens = 16, .stride = 12}).status(), Code::kOutOfRange, "cannot share 12");
  expect_error(answerer->answer(fine, {.max_answer_tokens = 0}).status(), Code::kInvalidArgument, "at least 1");
  run.change("tokenizer_config.json", "padding_side", "left");
  expect_error(open<Answerer>(run, WEFT_ROLE_CLASSIFY_SPANS).status(), Code::kUnimplemented, "padding_side");
}

TEST(BadTask, Two_texts_for_a_model_of_one_are_refused) {
  const TaskRun run = run_of("classify");
  Json tokenizer = Json::parse(testing_files::read_file(run.folder / "tokenizer.json"));
  tokenizer["post_processor"]["pair"] = nullptr;
  run.folder.write("tokenizer.json", tokenizer.dump());
  auto single = open<Classifier>(run, WEFT_ROLE_CLASSIFY_SEQUENCE);
  ASSERT_TRUE(single.ok()) << single.status().message();
  EXPECT_TRUE(single->classify_text("the harbour").ok());
  expect_error(single->classify_text("the harbour", "a market").status(), Code::kUnimplemented, "two texts");

  TaskRun types = run_of("classify");  // a model that knows one type of tokens
  types.golden["config"]["type_vocab_size"] = 1;
  for (Json& t : types.golden["tensors"]) {
    if (t[0].get<std::string>().ends_with("token_type_embeddings.weight")) t[1][0] = 1;
  }
  auto one_type = open<Classifier>(TaskRun(types.golden), WEFT_ROLE_CLASSIFY_SEQUENCE);
  ASSERT_TRUE(one_type.ok()) << one_type.status().message();
  EXPECT_TRUE(one_type->classify_text("the harbour").ok());
  expect_error(one_type->classify_text("the harbour", "a market").status(), Code::kOutOfRange, "token_types");
}

TEST(BadTask, Labels_of_the_caller_need_a_model_that_judges_them) {
  const TaskRun run = run_of("classify"), nli = run_of("zero_shot");
  expect_error(open<ZeroShot>(run, WEFT_ROLE_CLASSIFY_SEQUENCE).status(), Code::kFailedPrecondition,
               "(bad, fair, good) begins with \"entail\"");
  auto zero_shot = open<ZeroShot>(nli, WEFT_ROLE_CLASSIFY_SEQUENCE);
  ASSERT_TRUE(zero_shot.ok()) << zero_shot.status().message();
  const auto judged = [&](std::vector<std::string> labels, const char* hypothesis, std::string_view text) {
    const std::string_view texts[] = {text};
    return zero_shot->classify(texts, {.labels = std::move(labels), .hypothesis = hypothesis}).status();
  };
  expect_error(judged({}, "{}", "a"), Code::kInvalidArgument, "no labels");
  expect_error(judged({"a", ""}, "{}", "a"), Code::kInvalidArgument, "a label is empty");
  expect_error(judged({"a", "b", "a"}, "{}", "a"), Code::kInvalidArgument, "\"a\" stands twice");
  for (const char* wrong : {"It is.", "{} and {}", "{0}", "{{}}"})
    expect_error(judged({"a"}, wrong, "a"), Code::kInvalidArgument, "does not say once");
  expect_error(judged({"a"}, "{}", ""), Code::kInvalidArgument, "the text is empty");
  expect_error(judged({std::string(60, '!')}, "{}", "a"), Code::kOutOfRange, "leaves no room");
}

TEST(BadTask, Models_that_are_no_rerankers_are_refused) {
  expect_error(open_reranker(run_of("classify").folder.path()).status(), Code::kUnimplemented, "has 3 labels");
  expect_error(open_reranker(run_of("tag").folder.path()).status(), Code::kFailedPrecondition,
               WEFT_ROLE_CLASSIFY_SEQUENCE);
  expect_error(open_reranker(WEFT_SOURCE_DIR "/tests/golden/llama/gguf_f32/model.gguf").status(),
               Code::kFailedPrecondition, "no token \"yes\"");
  const TaskRun run = run_of("rerank");
  auto reranker = open_reranker(run.folder.path());
  ASSERT_TRUE(reranker.ok());
  expect_error(reranker->rank("a", Texts{"b"}, "find it").status(), Code::kInvalidArgument, "no instruction");
  EXPECT_TRUE(reranker->rank("a", {})->empty());
  run.change("config.json", "sentence_transformers", {{"activation_fn", "torch.nn.modules.activation.Mish"}});
  expect_error(open_reranker(run.folder.path()).status(), Code::kUnimplemented, "Mish");
  run.change("config.json", "sentence_transformers", {{"activation_fn", "own.Function"}});
  expect_error(open_reranker(run.folder.path()).status(), Code::kUnimplemented, "own.Function");
}

TEST(BadTask, A_reranker_that_predicts_tokens_answers_by_yes_and_no_alone) {
  const TaskRun run = run_of("rerank_yes_no");
  std::filesystem::create_directory(run.folder / "1_LogitScore");
  run.folder.write("modules.json", R"([{"path": "", "type": "sentence_transformers.base.modules.Transformer"},
    {"path": "1_LogitScore", "type": "sentence_transformers.cross_encoder.modules.logit_score.LogitScore"}])");
  run.folder.write("1_LogitScore/config.json", R"({"true_token_id": 16, "false_token_id": 15})");
  expect_error(open_reranker(run.folder.path()).status(), Code::kUnimplemented, "other than the tokens \"yes\" and");
  Json tokenizer = Json::parse(testing_files::read_file(run.folder / "tokenizer.json"));
  const int yes = tokenizer["model"]["vocab"]["yes"], no = tokenizer["model"]["vocab"]["no"];
  run.folder.write("1_LogitScore/config.json", Json{{"true_token_id", yes}, {"false_token_id", no}}.dump());
  auto reranker = open_reranker(run.folder.path());
  ASSERT_TRUE(reranker.ok()) << reranker.status().message();
  test::warnings().clear();
  EXPECT_TRUE(reranker->rank("a", Texts{std::string_view("b")}).ok());
  EXPECT_EQ(test::warnings(), "");
}

}  // namespace
}  // namespace weft
