// weft embed MODEL [TEXT... | - | --jsonl | --lines]
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "apps/weft/text_task.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/tasks/embedder.hpp"

namespace weft::app {
namespace {

struct Options {
  TextTask task{.stacked = true};
  std::optional<std::string> prompt;
  std::string prompt_name, pooling;
  int64_t dimensions = 0;
  bool normalize = false;
};

std::string json_of(const Embedded& e) {
  return fmt::format("{{\"ids\":[{}],\"embedding\":[{}]}}\n", fmt::join(e.ids, ","), fmt::join(e.vector, ","));
}

Result<EmbedOptions> embed_options(const Options& o) {
  EmbedOptions options{.prompt = o.prompt, .prompt_name = o.prompt_name, .dimensions = o.dimensions,
                       .normalize = o.normalize};
  if (!o.pooling.empty()) {
    WEFT_TRY(options.pooling, Pooling::named(o.pooling));
  }
  return options;
}

Result<Embedder> open_embedder(Engine& engine, const Common& common) {
  const Progress progress("loading " + one_line(common.model));
  LoadOptions options = load_options(exact_unless_said(common));
  Embedder::prepare(options);
  WEFT_TRY(auto model, Model::load(engine, common.model, options));
  return Embedder::create(std::move(model));
}

Result<std::vector<TaskAnswer>> embed(Embedder& embedder, const EmbedOptions& options, std::span<const Json> inputs) {
  std::vector<std::string_view> texts;
  for (const Json& input : inputs) {
    WEFT_TRY(texts.emplace_back(), text_of(input));
  }
  WEFT_TRY(std::vector<Embedded> all, embedder.embed(texts, options));
  std::vector<TaskAnswer> out;
  for (Embedded& e : all) {
    std::string text = json_of(e);
    const int64_t width = std::ssize(e.vector);
    out.push_back({std::move(text), {{"embedding", {1, width}, std::move(e.vector)}}});
  }
  return out;
}

Status run(const Options& o) {
  WEFT_TRY(const std::vector<Json> given, inputs_of(o.task));
  WEFT_TRY(const EmbedOptions options, embed_options(o));
  std::shared_ptr<Engine> engine;
  std::optional<Embedder> embedder;
  return run_task(o.task, given, [&]() -> Result<AnswerInputs> {
    WEFT_TRY(engine, make_engine(o.task.common));
    WEFT_TRY(embedder, open_embedder(*engine, o.task.common));
    return AnswerInputs([&](std::span<const Json> inputs) { return embed(*embedder, options, inputs); });
  });
}

}  // namespace

void add_embed(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("embed", "texts to vectors, by an embedding model", [o] { return run(*o); });
  add_task_options(command, o->task, "a string", "embedding f32 [texts, width]");
  command.add("--lines", &o->task.lines, "one text a line from stdin").excludes = {"--jsonl"};
  command.add("TEXT", &o->task.texts, "the texts; else, or where one is -, standard input").excludes = {"--jsonl",
                                                                                                        "--lines"};
  command.add("--prompt-name", &o->prompt_name, "the model's prompt of this name before each text: query, document");
  command.add("--prompt", &o->prompt, "this before each text, in place of the model's prompt").excludes = {
      "--prompt-name"};
  command.add("--pooling", &o->pooling, "how tokens become one vector, in place of the model's way").choices = {
      "cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"};
  command.add("--dimensions", &o->dimensions, "only so many of a vector's first values; 0: all").range = {0, 1 << 24};
  command.add("--normalize", &o->normalize, "scale vectors to length 1, after --dimensions");
  command.usage_error = [o] { return usage_error_of(o->task, "TEXT, --lines"); };
}

}  // namespace weft::app
