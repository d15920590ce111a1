// weft classify, rerank, tag, fill and answer: what they print for programs and for people, and what they refuse.
#include <gtest/gtest.h>

#include <sstream>

#include "apps/weft/tests/process.hpp"
#include "tests/task_golden.hpp"

namespace weft::test {
namespace {

using testing_files::TempFolder;

/// The first run of a golden.
TaskRun run_of(const std::string& name) { return TaskRun(task_golden(name)[0]); }

std::vector<Json> objects(const std::string& out) {
  std::vector<Json> all;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    auto value = parse_json(line);
    EXPECT_TRUE(value.ok()) << line;
    all.push_back(value.ok() ? *value : Json());
  }
  return all;
}

Json one(const Outcome& o) {
  EXPECT_EQ(o.exit_code, 0) << o.err;
  const std::vector<Json> all = objects(o.out);
  EXPECT_EQ(all.size(), 1u) << o.out;
  return all.empty() ? Json() : all[0];
}

void expect_scores(const Json& got, const Json& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(got[i]["score"].get<double>(), want[i]["score"].get<double>(), 1e-3);
}

/// The header of a safetensors file.
Json header_of(const std::string& path) {
  const std::string bytes = testing_files::read_file(path);
  uint64_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  return parse_json(bytes.substr(8, size)).value();
}

TEST(Tag, Prints_the_entities_of_texts) {
  const TaskRun run = run_of("tag");
  const Json& row = run.rows()[1];
  const std::string text = row["text"];
  for (const char* how : {"none", "simple", "first", "average", "max"}) {
    const Json got = one(weft({"tag", run.folder.path(), text, "--json", "--aggregation", how}))["entities"];
    EXPECT_EQ(without_scores(got), without_scores(row["output"][how])) << how;
    expect_scores(got, row["output"][how]);
  }
  const Outcome people = weft({"tag", run.folder.path(), text, "--aggregation", "simple"});
  const Json& first = row["output"]["simple"][0];
  EXPECT_TRUE(people.out.starts_with(first["entity_group"].get<std::string>() + "\t0.")) << people.out;
  EXPECT_NE(people.out.find(first["word"].get<std::string>() + "\t0-"), std::string::npos) << people.out;
  EXPECT_EQ(one(weft({"tag", run.folder.path(), "", "--json"}))["entities"], Json::array());
}

TEST(Tag, Answers_lines_in_their_order_and_names_a_wrong_one) {
  const TaskRun run = run_of("tag");
  std::string input;
  for (const Json& row : run.rows()) input += row["text"].dump() + "\n";
  const Outcome o = weft({"tag", run.folder.path(), "--jsonl", "--aggregation", "first"}, {.input = input});
  ASSERT_EQ(o.exit_code, 0) << o.err;
  const std::vector<Json> answers = objects(o.out);
  ASSERT_EQ(answers.size(), run.rows().size());
  for (std::size_t i = 0; i < answers.size(); ++i)
    EXPECT_EQ(without_scores(answers[i]["entities"]), without_scores(run.rows()[i]["output"]["first"]));
  const Outcome wrong = weft({"tag", run.folder.path(), "--jsonl"}, {.input = "\"the sea\"\n[1]\n"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_EQ(objects(wrong.out).size(), 1u);
  EXPECT_NE(wrong.err.find("standard input, line 2: is a JSON array"), std::string::npos) << wrong.err;
}

TEST(Tag, Writes_answers_or_tensors_to_a_file) {
  const TaskRun run = run_of("tag");
  const TempFolder out;
  const std::string json = out / "answers.jsonl", tensors = out / "answers.safetensors";
  EXPECT_EQ(weft({"tag", run.folder.path(), "the sea", "--json", "-o", json}).out, "");
  EXPECT_TRUE(one({0, 0, testing_files::read_file(json), ""}).contains("entities"));
  EXPECT_EQ(weft({"tag", run.folder.path(), "the sea", "-o", tensors}).exit_code, 0);
  const Json single = header_of(tensors);
  EXPECT_EQ(single["logits"]["dtype"], "F32");
  EXPECT_EQ(single["ids"]["dtype"], "I32");
  EXPECT_EQ(single["logits"]["shape"], Json::array({single["ids"]["shape"][0], 6}));
  EXPECT_EQ(weft({"tag", run.folder.path(), "the sea", "a", "-o", tensors}).exit_code, 0);
  EXPECT_TRUE(header_of(tensors).contains("logits.1"));
  const Outcome nowhere = weft({"tag", run.folder.path(), "a", "-o", out / "none/x.json"});
  EXPECT_EQ(nowhere.exit_code, 1);
}

TEST(Fill, Prints_predictions_of_one_mask_and_of_several) {
  const TaskRun run = run_of("fill");
  for (const Json& row : run.rows()) {
    const Json got = one(weft({"fill", run.folder.path(), row["text"], "--json"}))["predictions"];
    EXPECT_EQ(without_scores(got), without_scores(row["output"])) << row["text"];
  }
  const Json two = one(weft({"fill", run.folder.path(), "the [MASK]", "--json", "--top-k", "2"}));
  EXPECT_EQ(two["predictions"].size(), 2u);
  const Outcome none = weft({"fill", run.folder.path(), "the harbour"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_NE(none.err.find("no mask [MASK]"), std::string::npos) << none.err;
  EXPECT_EQ(weft({"fill", run.folder.path(), "[MASK]", "--top-k", "0"}).exit_code, 2);
}

TEST(Answer, Prints_the_answer_and_its_logits) {
  const TaskRun run = run_of("answer");
  for (const Json& row : run.rows()) {
    std::vector<std::string> arguments = {"answer", run.folder.path(), row["question"], row["context"], "--json"};
    for (const auto& [key, value] : row["how"].items()) {
      std::string option = "--" + key;
      std::replace(option.begin(), option.end(), '_', '-');
      arguments.push_back(option);
      if (!value.is_boolean()) arguments.push_back(value.dump());
    }
    if (row["output"].is_null()) continue;
    const Json got = one(weft(arguments));
    EXPECT_EQ(without_scores(got), without_scores(row["output"])) << row["how"];
  }
  const Json& first = run.rows()[0];
  const Json logits = one(weft({"answer", run.folder.path(), first["question"], first["context"], "--logits"}));
  EXPECT_EQ(logits["ids"], first["ids"][0]);
  const std::vector<float> want = unpack(first["end_logits"][0]);
  ASSERT_EQ(logits["end_logits"].size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(logits["end_logits"][i].get<double>(), want[i], 1e-3);
  EXPECT_EQ(logits["start_logits"].size(), want.size());
}

TEST(Answer, Takes_questions_line_by_line) {
  const TaskRun run = run_of("answer");
  const Outcome o = weft({"answer", run.folder.path(), "--jsonl"},
                         {.input = R"({"question": "who?", "context": "Anna walked."}
                                      ["who?", "Anna walked."])"});
  ASSERT_EQ(o.exit_code, 0) << o.err;
  const std::vector<Json> answers = objects(o.out);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0], answers[1]);
  for (const char* wrong :
       {R"(["who?"])", R"({"question": "who?"})", R"("who?")", R"({"question": "a", "context": 1})"}) {
    const Outcome bad = weft({"answer", run.folder.path(), "--jsonl"}, {.input = std::string(wrong) + "\n"});
    EXPECT_NE(bad.err.find("line 1: is not {\"question\": text, \"context\": text}"), std::string::npos) << bad.err;
  }
  const Outcome empty = weft({"answer", run.folder.path(), "", "Anna walked."});
  EXPECT_NE(empty.err.find("the question is empty"), std::string::npos) << empty.err;
}

TEST(Rerank, Prints_documents_from_the_best_on) {
  const TaskRun run = run_of("rerank");
  const Json& row = run.rows()[0];
  std::string lines, plain;
  std::vector<std::string> arguments = {"rerank", run.folder.path(), row["query"]};
  for (const std::string document : row["documents"]) {
    arguments.push_back(document);
    lines += Json(document).dump() + "\n", plain += document + "\n";
  }
  arguments.push_back("--json");
  for (const Outcome& o : {weft(arguments),
                           weft({"rerank", run.folder.path(), row["query"], "--jsonl"}, {.input = lines}),
                           weft({"rerank", run.folder.path(), row["query"], "--json"}, {.input = plain})}) {
    ASSERT_EQ(o.exit_code, 0) << o.err;
    const Json got = objects(o.out);
    EXPECT_EQ(without_scores(got), without_scores(row["output"]));
    expect_scores(got, row["output"]);
  }
  const Outcome people = weft({"rerank", run.folder.path(), "sea", "the sea", "a\nb", "--top-k", "1"});
  EXPECT_EQ(std::count(people.out.begin(), people.out.end(), '\n'), 1) << people.out;
}

TEST(Rerank, Takes_queries_line_by_line) {
  const TaskRun run = run_of("rerank");
  const Json& row = run.rows()[0];
  const Json line = {{"query", row["query"]}, {"documents", row["documents"]}};
  const Json got = one(weft({"rerank", run.folder.path(), "--jsonl"}, {.input = line.dump() + "\n"}));
  EXPECT_EQ(without_scores(got["results"]), without_scores(row["output"]));
  const Outcome bad = weft({"rerank", run.folder.path(), "--jsonl"}, {.input = "{\"query\": \"a\"}\n"});
  EXPECT_NE(bad.err.find("line 1: is not {\"query\": text"), std::string::npos) << bad.err;
}

TEST(ClassifyTask, Takes_two_texts_and_lines) {
  const TaskRun run = run_of("classify");
  std::string input;
  for (const Json& row : run.rows()) {
    const Json& texts = row["texts"];
    input += texts.size() == 1 ? texts[0].dump() : Json{{"text", texts[0]}, {"text_pair", texts[1]}}.dump();
    input += "\n";
  }
  const Outcome o = weft({"classify", run.folder.path(), "--jsonl"}, {.input = input});
  ASSERT_EQ(o.exit_code, 0) << o.err;
  const std::vector<Json> lines = objects(o.out);
  ASSERT_EQ(lines.size(), run.rows().size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::vector<float> want = unpack(run.rows()[i]["logits"]);
    for (std::size_t l = 0; l < want.size(); ++l) EXPECT_NEAR(lines[i]["logits"][l].get<double>(), want[l], 1e-3) << i;
  }
  const Json& pair = run.rows()[4]["texts"];
  const Json got = one(weft({"classify", run.folder.path(), "--text", pair[0], "--pair", pair[1]}));
  EXPECT_EQ(got, lines[4]);
}

TEST(ClassifyTask, Takes_labels_of_the_callers) {
  const TaskRun run = run_of("zero_shot");
  for (const Json& row : run.rows()) {
    std::string labels;
    for (const std::string label : row["labels"]) labels += (labels.empty() ? " " : " , ") + label;
    std::vector<std::string> arguments = {"classify",     run.folder.path(),    row["text"], "--labels", labels,
                                          "--hypothesis", row["hypothesis"]};
    if (row["multi_label"]) arguments.push_back("--multi-label");
    const Json got = one(weft(arguments));
    EXPECT_EQ(got["sequence"], row["text"]);
    EXPECT_EQ(got["labels"], row["output"]["labels"]);
    for (std::size_t i = 0; i < got["labels"].size(); ++i)
      EXPECT_NEAR(got["scores"][i].get<double>(), row["output"]["scores"][i].get<double>(), 1e-3);
    EXPECT_EQ(got["logits"].size(), got["labels"].size());
    EXPECT_EQ(got["logits"][0].size(), 3u);
  }
  EXPECT_EQ(weft({"classify", run.folder.path(), "a", "--multi-label"}).exit_code, 2);
  EXPECT_EQ(weft({"classify", run.folder.path(), "a", "--labels", "a", "--pair", "b"}).exit_code, 2);
}

TEST(Tasks, Refuse_models_that_are_for_another_task) {
  const TaskRun classify = run_of("classify"), tag = run_of("tag");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"tag", classify.folder.path(), "a"}, {"fill", classify.folder.path(), "[MASK]"},
        {"answer", classify.folder.path(), "a", "b"}, {"classify", tag.folder.path(), "a", "--labels", "b"},
        {"rerank", tag.folder.path(), "a", "b"}}) {
    const Outcome o = weft(arguments);
    EXPECT_EQ(o.exit_code, 1) << arguments[0];
    EXPECT_EQ(o.out, "") << arguments[0];
    EXPECT_NE(o.err.find("has no graph"), std::string::npos) << o.err;
  }
  for (const char* command : {"tag", "fill", "answer", "rerank"}) {
    Terminal t({command, classify.folder.path()});  // neither a text nor standard input
    EXPECT_EQ(t.finish().exit_code, 2) << command;
  }
}

}  // namespace
}  // namespace weft::test
