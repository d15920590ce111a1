// weft rerank MODEL QUERY [DOCUMENT...] [--jsonl]; weft rerank MODEL --jsonl
#include <algorithm>

#include "apps/weft/input.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "apps/weft/text_task.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/tasks/reranker.hpp"

namespace weft::app {
namespace {

struct Options {
  TextTask task;  // its texts are the documents
  std::optional<std::string> query;
  std::string instruction;
  int64_t top_k = 0;
};

using Documents = std::vector<std::string_view>;

std::string json_of(const RankedDocument& d, std::string_view text) {
  return fmt::format("{{\"index\":{},\"score\":{},\"text\":{}}}", d.index, d.score.score, json_text(std::string(text)));
}

/// The values that the model gives for each document, in the order in which they were given.
AnswerTensor logits_of(const std::vector<RankedDocument>& ranked) {
  std::vector<const PairScore*> by_index(ranked.size());
  for (const RankedDocument& d : ranked) by_index[d.index] = &d.score;
  std::vector<float> logits;
  for (const PairScore* score : by_index) logits.insert(logits.end(), score->logits.begin(), score->logits.end());
  const int64_t documents = std::ssize(ranked), width = documents > 0 ? std::ssize(logits) / documents : 0;
  return {"logits", {documents, width}, std::move(logits)};
}

/// Ranks the documents; `print` makes the text of the answer of those that are wanted.
template <class Print>
Result<TaskAnswer> rank(Reranker& reranker, const Options& o, std::string_view query, const Documents& documents,
                        const Print& print) {
  WEFT_TRY(const std::vector<RankedDocument> ranked,
           reranker.rank(query, documents, o.instruction, {.name = [](std::size_t d) {
             return fmt::format("document {}", d);
           }}));
  const auto kept = o.top_k > 0 ? std::min(ranked.size(), static_cast<std::size_t>(o.top_k)) : ranked.size();
  return TaskAnswer{print(std::span(ranked).first(kept)), {logits_of(ranked)}};
}

Result<TaskAnswer> rank_given(Reranker& reranker, const Options& o, const Documents& documents) {
  return rank(reranker, o, *o.query, documents, [&](std::span<const RankedDocument> ranked) {
    std::string out;
    for (const RankedDocument& d : ranked) {
      if (o.task.as_json()) out += json_of(d, documents[d.index]) + "\n";
      else out += fmt::format("{:.4f}\t{}\t{}\n", d.score.score, d.index, column(documents[d.index]));
    }
    return out;
  });
}

/// A line {"query": text, "documents": [text...]}.
Result<TaskAnswer> rank_line(Reranker& reranker, const Options& o, const Json& line) {
  const bool whole = line.is_object() && line.size() == 2 && line.contains("query") && line["query"].is_string() &&
                     line.contains("documents") && line["documents"].is_array();
  if (!whole) return invalid("is not {{\"query\": text, \"documents\": [text...]}}");
  Documents documents;
  for (const Json& document : line["documents"]) {
    WEFT_TRY(documents.emplace_back(), text_of(document));
  }
  const std::string_view query = line["query"].get_ref<const std::string&>();
  return rank(reranker, o, query, documents, [&](std::span<const RankedDocument> ranked) {
    std::string out;
    for (const RankedDocument& d : ranked) out += (out.empty() ? "" : ",") + json_of(d, documents[d.index]);
    return "{\"results\":[" + out + "]}\n";
  });
}

/// The documents of the command line, or the lines of standard input, with --jsonl as JSON strings.
Result<std::vector<std::string>> documents_of(const Options& o) {
  if (!o.task.texts.empty()) return o.task.texts;
  WEFT_TRY(const std::string input, text_or_input(std::nullopt));
  std::vector<std::string> documents;
  for (std::size_t at = 0; at <= input.size();) {
    const std::size_t end = std::min(input.find('\n', at), input.size());
    std::string line = input.substr(at, end - at);
    at = end + 1;
    if (!o.task.jsonl && line.ends_with('\r')) line.pop_back();
    if (o.task.jsonl) {
      const std::string where = fmt::format("standard input, line {}", documents.size() + 1);
      auto value = parse_json(line);
      if (!value.ok()) return value.status().with_context(where);
      const auto text = text_of(*value);
      if (!text.ok()) return text.status().with_context(where);
      line = std::string(*text);
    }
    documents.push_back(std::move(line));
  }
  return documents;
}

Result<Reranker> open_reranker(Engine& engine, const Common& common) {
  const Progress progress("loading " + one_line(common.model));
  return Reranker::load(engine, common.model, load_options(exact_unless_said(common)));
}

Status run(const Options& o) {
  std::vector<std::string> held;
  if (o.query) {
    WEFT_TRY(held, documents_of(o));
  }
  TextTask task = o.task;
  task.jsonl = !o.query.has_value();  // where there is a query, its documents are one input
  std::shared_ptr<Engine> engine;
  std::optional<Reranker> reranker;
  return run_task(task, {Json()}, [&]() -> Result<AnswerInputs> {
    WEFT_TRY(engine, make_engine(o.task.common));
    WEFT_TRY(reranker, open_reranker(*engine, o.task.common));
    return AnswerInputs([&](std::span<const Json> inputs) -> Result<std::vector<TaskAnswer>> {
      std::vector<TaskAnswer> out;
      for (const Json& input : inputs) {
        WEFT_TRY(out.emplace_back(), o.query ? rank_given(*reranker, o, Documents(held.begin(), held.end()))
                                             : rank_line(*reranker, o, input));
      }
      return out;
    });
  });
}

}  // namespace

void add_rerank(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("rerank", "order documents by how well they answer a query", [o] { return run(*o); });
  add_task_options(command, o->task, "a document, or without QUERY {\"query\":…,\"documents\":[…]}",
                   "logits f32 [documents, values]");
  command.add("QUERY", &o->query, "the query");
  command.add("DOCUMENT", &o->task.texts, "the documents; else the lines of standard input").excludes = {"--jsonl"};
  command.add("--top-k", &o->top_k, "only so many of the best; 0: all").range = {0, 1 << 24};
  command.add("--instruction", &o->instruction, "what makes a document a good answer, for models that predict tokens");
  command.usage_error = [o]() -> std::string {
    if (!o->query) return o->task.jsonl ? "" : "QUERY or --jsonl is required";
    return usage_error_of(o->task, "DOCUMENT");
  };
}

}  // namespace weft::app
