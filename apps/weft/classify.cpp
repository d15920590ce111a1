// weft classify MODEL [INPUT... | - | --jsonl] [--pair TEXT]; weft classify MODEL [TEXT...] --labels a,b,c
#include <filesystem>

#include "apps/weft/input.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/text_task.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"
#include "core/image/decode.hpp"
#include "core/tasks/classifier.hpp"
#include "core/tasks/zero_shot.hpp"
#include "weft/abi/architecture.h"

namespace weft::app {
namespace {

struct Options {
  TextTask task;
  bool text = false, multi_label = false;
  std::optional<std::string> pair, labels, hypothesis;
};

std::string as_json(const Labels& labels, const Classified& c) {
  std::string scores;
  for (std::size_t i = 0; i < labels.names.size(); ++i) {
    scores += fmt::format("{}{}:{}", i ? "," : "", json_text(labels.names[i]), c.scores[i]);
  }
  return fmt::format("{{\"label\":{},\"scores\":{{{}}},\"logits\":[{}]}}\n", json_text(labels.names[c.label]), scores,
                     fmt::join(c.logits, ","));
}

TaskAnswer answer_of(const Labels& labels, Classified c) {
  std::string text = as_json(labels, c);
  const auto n = std::ssize(c.logits);
  return {std::move(text), {{"logits", {n}, std::move(c.logits)}}};
}

/// One input of the command line: a text, standard input, or a file.
Result<Classified> classify_input(Classifier& classifier, const Options& o, const std::string& input) {
  const auto classify_text = [&](std::string_view text) {
    return classifier.classify_text(text, o.pair ? std::optional<std::string_view>(*o.pair) : std::nullopt);
  };
  if (input == "-") {
    WEFT_TRY(const std::string content, text_or_input(input));
    return classifier.takes_images() ? classifier.classify_file(content) : classify_text(content);
  }
  std::error_code ignored;
  const bool file = classifier.takes_images() || (!o.text && std::filesystem::is_regular_file(input, ignored));
  if (!file) return classify_text(input);
  WEFT_TRY(std::string content, read_whole_file(input, kMaxImageBytes));
  auto result = classifier.takes_images() ? classifier.classify_file(content) : classify_text(content);
  if (!result.ok()) return result.status().with_context(input);
  return result;
}

/// A line of --jsonl: a text, or two.
Result<ClassifiedText> text_of_line(const Json& line) {
  if (line.is_string()) return ClassifiedText{line.get_ref<const std::string&>()};
  WEFT_TRY(const auto both, two_texts_of(line, "text", "text_pair"));
  return ClassifiedText{both.first, both.second};
}

Result<std::vector<TaskAnswer>> classify_lines(Classifier& classifier, const Options& o, std::span<const Json> lines) {
  std::vector<ClassifiedText> texts;
  for (const Json& line : lines) {
    WEFT_TRY(texts.emplace_back(), text_of_line(line));
    if (o.pair && !texts.back().pair) texts.back().pair = *o.pair;
  }
  WEFT_TRY(std::vector<Classified> all, classifier.classify_texts(texts));
  std::vector<TaskAnswer> out;
  for (Classified& c : all) out.push_back(answer_of(classifier.labels(), std::move(c)));
  return out;
}

/// The labels of --labels, without the white space around them.
std::vector<std::string> split_labels(const std::string& given) {
  std::vector<std::string> labels;
  for (std::size_t at = 0; at <= given.size();) {
    const std::size_t end = std::min(given.find(',', at), given.size());
    const std::size_t first = given.find_first_not_of(" \t\n", at);
    if (first < end) labels.push_back(given.substr(first, given.find_last_not_of(" \t\n", end - 1) + 1 - first));
    at = end + 1;
  }
  return labels;
}

TaskAnswer zero_shot_answer(std::string_view text, const ZeroShotOptions& options, const ZeroShotResult& result) {
  std::string labels, logits;
  std::vector<float> values;
  for (std::size_t i = 0; i < result.labels.size(); ++i) {
    const char* comma = i ? "," : "";
    labels += comma + json_text(options.labels[result.labels[i]]);
    logits += fmt::format("{}[{}]", comma, fmt::join(result.logits[i], ","));
    values.insert(values.end(), result.logits[i].begin(), result.logits[i].end());
  }
  const int64_t rows = std::ssize(result.labels);
  return {fmt::format("{{\"sequence\":{},\"labels\":[{}],\"scores\":[{}],\"logits\":[{}]}}\n",
                      json_text(std::string(text)), labels, fmt::join(result.scores, ","), logits),
          {{"logits", {rows, std::ssize(values) / rows}, std::move(values)}}};
}

Result<std::vector<TaskAnswer>> judge_labels(ZeroShot& zero_shot, const Options& o, std::span<const Json> inputs) {
  ZeroShotOptions options;
  options.labels = split_labels(*o.labels), options.multi_label = o.multi_label;
  options.hypothesis = o.hypothesis.value_or(options.hypothesis);
  std::vector<std::string_view> texts;
  for (const Json& input : inputs) {
    WEFT_TRY(texts.emplace_back(), text_of(input));
  }
  WEFT_TRY(const std::vector<ZeroShotResult> all, zero_shot.classify(texts, options));
  std::vector<TaskAnswer> out;
  for (std::size_t i = 0; i < all.size(); ++i) out.push_back(zero_shot_answer(texts[i], options, all[i]));
  return out;
}

Status classify_by_labels(const Options& o) {
  WEFT_TRY(const std::vector<Json> given, inputs_of(o.task));
  return run_task_of<ZeroShot>(
      o.task, given, WEFT_ROLE_CLASSIFY_SEQUENCE,
      [&](ZeroShot& zero_shot, std::span<const Json> inputs) { return judge_labels(zero_shot, o, inputs); });
}

Status classify(const Options& o) {
  if (o.labels) return classify_by_labels(o);
  std::vector<Json> given(o.task.texts.begin(), o.task.texts.end());
  if (given.empty()) given.emplace_back("-");
  std::shared_ptr<Engine> engine;
  std::optional<Classifier> classifier;
  return run_task(o.task, given, [&]() -> Result<AnswerInputs> {
    WEFT_TRY(engine, make_engine(o.task.common));
    // Images are classified one by one, so room for many would be left unused.
    WEFT_TRY(auto model, o.task.jsonl
                             ? load_for_texts(*engine, o.task.common, WEFT_ROLE_CLASSIFY_SEQUENCE)
                             : load_model(*engine, exact_unless_said(o.task.common), WEFT_ROLE_CLASSIFY_SEQUENCE));
    WEFT_TRY(classifier, Classifier::create(std::move(model)));
    return AnswerInputs([&](std::span<const Json> inputs) -> Result<std::vector<TaskAnswer>> {
      if (o.task.jsonl) return classify_lines(*classifier, o, inputs);
      std::vector<TaskAnswer> out;
      for (const Json& input : inputs) {
        WEFT_TRY(Classified c, classify_input(*classifier, o, input.get_ref<const std::string&>()));
        out.push_back(answer_of(classifier->labels(), std::move(c)));
      }
      return out;
    });
  });
}

}  // namespace

void add_classify(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command =
      commands.add("classify", "texts or images to labels, by a classification model", [o] { return classify(*o); });
  add_task_options(command, o->task, "a text, or {\"text\":…,\"text_pair\":…} or an array of these two",
                   "logits f32 [labels]");
  const char* inputs = "PNG or JPEG files; of a model of texts: files, or the texts themselves; else standard input";
  Option& input = command.add("INPUT", &o->task.texts, inputs);
  input.value = "FILE", input.excludes = {"--jsonl"};
  command.add("--text", &o->text, "each INPUT is a text, also where there is a file of this name");
  command.add("--pair", &o->pair, "a second text, with which each text is classified");
  command.add("--labels", &o->labels, "labels of your own, a,b,c: by a model of natural language inference, of texts")
      .excludes = {"--pair"};
  command.add("--hypothesis", &o->hypothesis, "the sentence for a label, which stands in place of {}");
  command.add("--multi-label", &o->multi_label, "each of --labels may be right, not one of them");
  command.usage_error = [o]() -> std::string {
    if (!o->labels && (o->hypothesis || o->multi_label)) return "--hypothesis and --multi-label need --labels";
    return usage_error_of(o->task, "INPUT");
  };
}

}  // namespace weft::app
