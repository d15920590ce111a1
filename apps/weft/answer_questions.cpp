// weft answer MODEL QUESTION [CONTEXT | -]; weft answer MODEL --jsonl
#include "apps/weft/input.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/text_task.hpp"
#include "core/base/error.hpp"
#include "core/tasks/answerer.hpp"
#include "weft/abi/architecture.h"

namespace weft::app {
namespace {

struct Options {
  TextTask task;
  std::optional<std::string> question, context;
  int64_t max_seq_len = 0, max_answer_len = 15;
  std::optional<int64_t> doc_stride;
  bool handle_impossible = false, logits = false;
};

/// Of one window its list; of several windows a list of lists.
template <class T>
std::string json_of(const std::vector<AnswerWindow>& windows, std::vector<T> AnswerWindow::* values) {
  std::string out;
  for (const AnswerWindow& w : windows) out += fmt::format("{}[{}]", out.empty() ? "" : ",", fmt::join(w.*values, ","));
  return windows.size() == 1 ? out : "[" + out + "]";
}

std::string json_of(const Answer& a, bool logits) {
  std::string out = fmt::format("{{\"answer\":{},\"score\":{},\"start\":{},\"end\":{}", json_text(a.text), a.score,
                                a.start, a.end);
  if (logits) {
    out += fmt::format(",\"ids\":{},\"start_logits\":{},\"end_logits\":{}", json_of(a.windows, &AnswerWindow::ids),
                       json_of(a.windows, &AnswerWindow::start_logits), json_of(a.windows, &AnswerWindow::end_logits));
  }
  return out + "}\n";
}

std::vector<AnswerTensor> tensors_of(Answer& a) {
  std::vector<AnswerTensor> out;
  for (std::size_t w = 0; w < a.windows.size(); ++w) {
    const std::string behind = a.windows.size() == 1 ? "" : fmt::format(".window{}", w);
    AnswerWindow& window = a.windows[w];
    const auto tokens = std::ssize(window.ids);
    out.push_back({"ids" + behind, {tokens}, std::move(window.ids)});
    out.push_back({"start_logits" + behind, {tokens}, std::move(window.start_logits)});
    out.push_back({"end_logits" + behind, {tokens}, std::move(window.end_logits)});
  }
  return out;
}

Result<std::vector<TaskAnswer>> answer(Answerer& answerer, const Options& o, std::span<const Json> inputs) {
  AnswerOptions options;
  options.max_tokens = static_cast<std::size_t>(o.max_seq_len);
  options.max_answer_tokens = static_cast<std::size_t>(o.max_answer_len);
  options.may_be_none = o.handle_impossible;
  if (o.doc_stride) options.stride = static_cast<std::size_t>(*o.doc_stride);
  std::vector<Question> questions;
  for (const Json& input : inputs) {
    WEFT_TRY(const auto both, two_texts_of(input, "question", "context"));
    questions.push_back({both.first, both.second});
  }
  WEFT_TRY(std::vector<Answer> answers, answerer.answer(questions, options));
  std::vector<TaskAnswer> out;
  for (Answer& a : answers) {
    std::string text = o.task.as_json() || o.logits
                           ? json_of(a, o.logits)
                           : fmt::format("{}\t{:.4f}\t{}-{}\n", column(a.text), a.score, a.start, a.end);
    out.push_back({std::move(text), tensors_of(a)});
  }
  return out;
}

Status run(const Options& o) {
  std::vector<Json> given;
  if (!o.task.jsonl) {
    WEFT_TRY(const std::string context, text_or_input(o.context));
    given.push_back(Json::array({*o.question, context}));
  }
  return run_task_of<Answerer>(
      o.task, given, WEFT_ROLE_CLASSIFY_SPANS,
      [&](Answerer& answerer, std::span<const Json> inputs) { return answer(answerer, o, inputs); });
}

}  // namespace

void add_answer(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("answer", "find the answer to a question in a text, by a model of spans",
                                  [o] { return run(*o); });
  add_task_options(command, o->task, "{\"question\":…,\"context\":…} or an array of these two",
                   "ids, start_logits and end_logits f32 [tokens]");
  command.add("QUESTION", &o->question, "the question").excludes = {"--jsonl"};
  command.add("CONTEXT", &o->context, "the text that has the answer; else, or where it is -, standard input")
      .excludes = {"--jsonl"};
  command.add("--max-seq-len", &o->max_seq_len, "most tokens of question and context that are read at once; 0: 384")
      .range = {0, 1 << 24};
  command.add("--doc-stride", &o->doc_stride, "tokens that parts of a long context share; else half, at most 128")
      .range = {0, 1 << 24};
  command.add("--max-answer-len", &o->max_answer_len, "most tokens of an answer").range = {1, 1 << 20};
  command.add("--handle-impossible-answer", &o->handle_impossible,
              "the answer may be that there is none: an empty text");
  command.add("--logits", &o->logits, "an object that also has ids, start_logits and end_logits");
  command.usage_error = [o]() -> std::string {
    if (o->task.jsonl) return "";
    if (!o->question) return "QUESTION or --jsonl is required";
    return o->context || input_is_piped() ? "" : "CONTEXT is required";
  };
}

}  // namespace weft::app
