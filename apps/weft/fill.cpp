// weft fill MODEL [TEXT... | - | --jsonl]
#include "apps/weft/output.hpp"
#include "apps/weft/text_task.hpp"
#include "core/base/error.hpp"
#include "core/tasks/filler.hpp"
#include "weft/abi/architecture.h"

namespace weft::app {
namespace {

struct Options {
  TextTask task;
  int64_t top_k = 5;
};

std::string json_of(const std::vector<Prediction>& predictions) {
  std::string out;
  for (const Prediction& p : predictions) {
    out += fmt::format("{}{{\"score\":{},\"token\":{},\"token_str\":{},\"sequence\":{}}}", out.empty() ? "" : ",",
                       p.score, p.token, json_text(p.token_str), json_text(p.sequence));
  }
  return "[" + out + "]";
}

/// A list for each mask; of a text with one mask that list itself.
std::string json_of(const Filled& filled) {
  if (filled.masks.size() == 1) return "{\"predictions\":" + json_of(filled.masks[0]) + "}\n";
  std::string out;
  for (const auto& mask : filled.masks) out += (out.empty() ? "" : ",") + json_of(mask);
  return "{\"predictions\":[" + out + "]}\n";
}

std::string lines_of(const Filled& filled) {
  std::string out;
  for (const auto& mask : filled.masks) {
    for (const Prediction& p : mask)
      out += fmt::format("{:.4f}\t{}\t{}\n", p.score, column(p.token_str), column(p.sequence));
    if (filled.masks.size() > 1) out += "\n";
  }
  return out;
}

Result<std::vector<TaskAnswer>> fill(Filler& filler, const Options& o, std::span<const Json> inputs) {
  std::vector<std::string_view> texts;
  for (const Json& input : inputs) {
    WEFT_TRY(texts.emplace_back(), text_of(input));
  }
  WEFT_TRY(std::vector<Filled> all, filler.fill(texts, static_cast<std::size_t>(o.top_k)));
  std::vector<TaskAnswer> out;
  for (Filled& filled : all) {
    std::string text = o.task.as_json() ? json_of(filled) : lines_of(filled);
    if (!o.task.as_json() && all.size() > 1 && filled.masks.size() == 1) text += "\n";
    const auto tokens = std::ssize(filled.ids), masks = std::ssize(filled.masks);
    const auto vocabulary = std::ssize(filled.logits) / masks;
    out.push_back({std::move(text), {{"ids", {tokens}, std::move(filled.ids)},
                                     {"logits", {masks, vocabulary}, std::move(filled.logits)}}});
  }
  return out;
}

Status run(const Options& o) {
  WEFT_TRY(const std::vector<Json> given, inputs_of(o.task));
  return run_task_of<Filler>(o.task, given, WEFT_ROLE_FILL_MASKS,
                             [&](Filler& filler, std::span<const Json> inputs) { return fill(filler, o, inputs); });
}

}  // namespace

void add_fill(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("fill", "propose words for the masks of texts, by a masked language model",
                                  [o] { return run(*o); });
  add_task_options(command, o->task, "a string", "ids, and logits f32 [masks, vocabulary]");
  command.add("TEXT", &o->task.texts, "texts with masks, such as [MASK]; else, or where one is -, standard input")
      .excludes = {"--jsonl"};
  command.add("--top-k", &o->top_k, "predictions of each mask").range = {1, 1 << 24};
  command.usage_error = [o] { return usage_error_of(o->task, "TEXT"); };
}

}  // namespace weft::app
