// weft tag MODEL [TEXT... | - | --jsonl]
#include "apps/weft/output.hpp"
#include "apps/weft/text_task.hpp"
#include "core/base/error.hpp"
#include "core/tasks/tagger.hpp"
#include "weft/abi/architecture.h"

namespace weft::app {
namespace {

struct Options {
  TextTask task;
  std::string aggregation = "none";
  std::optional<int64_t> stride;
};

std::string json_of(const std::vector<Entity>& entities) {
  std::string out;
  for (const Entity& e : entities) {
    const std::string index = e.index ? fmt::format("\"index\":{},", *e.index) : "";
    out += fmt::format("{}{{\"{}\":{},\"score\":{},{}\"word\":{},\"start\":{},\"end\":{}}}", out.empty() ? "" : ",",
                       e.index ? "entity" : "entity_group", json_text(e.label), e.score, index, json_text(e.word),
                       e.start, e.end);
  }
  return "{\"entities\":[" + out + "]}\n";
}

/// A line for each entity.
std::string lines_of(const std::vector<Entity>& entities) {
  std::string out;
  for (const Entity& e : entities)
    out += fmt::format("{}\t{:.4f}\t{}\t{}-{}\n", column(e.label), e.score, column(e.word), e.start, e.end);
  return out;
}

std::vector<AnswerTensor> tensors_of(Tagged& tagged) {
  std::vector<AnswerTensor> out;
  for (std::size_t w = 0; w < tagged.windows.size(); ++w) {
    const std::string behind = tagged.windows.size() == 1 ? "" : fmt::format(".window{}", w);
    TaggedTokens& window = tagged.windows[w];
    const auto tokens = std::ssize(window.ids), labels = tokens > 0 ? std::ssize(window.logits) / tokens : 0;
    out.push_back({"ids" + behind, {tokens}, std::move(window.ids)});
    out.push_back({"logits" + behind, {tokens, labels}, std::move(window.logits)});
  }
  return out;
}

Result<std::vector<TaskAnswer>> tag(Tagger& tagger, const Options& o, std::span<const Json> inputs) {
  TagOptions options;
  WEFT_TRY(options.aggregation, aggregation_of(o.aggregation));
  if (o.stride) options.stride = static_cast<std::size_t>(*o.stride);
  std::vector<std::string_view> texts;
  for (const Json& input : inputs) {
    WEFT_TRY(texts.emplace_back(), text_of(input));
  }
  WEFT_TRY(std::vector<Tagged> all, tagger.tag(texts, options));
  std::vector<TaskAnswer> out;
  for (Tagged& tagged : all) {
    std::string text = o.task.as_json() ? json_of(tagged.entities) : lines_of(tagged.entities);
    if (!o.task.as_json() && all.size() > 1) text += "\n";
    out.push_back({std::move(text), tensors_of(tagged)});
  }
  return out;
}

Status run(const Options& o) {
  WEFT_TRY(const std::vector<Json> given, inputs_of(o.task));
  return run_task_of<Tagger>(o.task, given, WEFT_ROLE_CLASSIFY_TOKENS,
                             [&](Tagger& tagger, std::span<const Json> inputs) { return tag(tagger, o, inputs); });
}

}  // namespace

void add_tag(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command =
      commands.add("tag", "find entities (names, places) in texts, by a model of tokens", [o] { return run(*o); });
  add_task_options(command, o->task, "a string", "ids, and logits f32 [tokens, labels]");
  command.add("TEXT", &o->task.texts, "the texts; else, or where one is -, standard input").excludes = {"--jsonl"};
  command.add("--aggregation", &o->aggregation,
              "none: each token is an entity; simple: neighbours of one label are; first, average, max: of words whose "
              "label is that of the first token, of the mean or of the highest score")
      .choices = {"none", "simple", "first", "average", "max"};
  command.add("--stride", &o->stride, "read long texts in windows that share so many tokens, instead of cutting them")
      .range = {0, 1 << 20};
  command.usage_error = [o]() -> std::string {
    if (o->stride && o->aggregation == "none") return "--stride needs --aggregation simple, first, average or max";
    return usage_error_of(o->task, "TEXT");
  };
}

}  // namespace weft::app
