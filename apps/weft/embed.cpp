// weft embed MODEL [TEXT | - | --jsonl]

#include "apps/weft/answer_batches.hpp"
#include "apps/weft/common.hpp"
#include "apps/weft/input.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/tasks/embedder.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  std::optional<std::string> text;
  bool jsonl = false;
};

// Of one step. More tokens would leave the caches between the parts of a layer, fewer would read weights more often.
constexpr int64_t kTokens = 1024;
constexpr int64_t kTexts = 128;  // that are read before they are answered; with fewer, steps of short texts are small

std::string json_of(const Embedded& e) {
  return fmt::format("{{\"ids\":[{}],\"embedding\":[{}]}}\n", fmt::join(e.ids, ","), fmt::join(e.vector, ","));
}

Result<std::vector<std::string>> embed_lines(Embedder& embedder, std::span<const std::string> lines) {
  std::vector<std::string> texts;
  for (const std::string& line : lines) {
    WEFT_TRY(const Json value, parse_json(line));
    if (!value.is_string()) return invalid("is a JSON {}, expected a string", value.type_name());
    texts.push_back(value.get_ref<const std::string&>());
  }
  WEFT_TRY(const auto embedded, embedder.embed(std::vector<std::string_view>(texts.begin(), texts.end())));
  std::vector<std::string> answers;
  for (const Embedded& e : embedded) answers.push_back(json_of(e));
  return answers;
}

Result<Embedder> open_embedder(Engine& engine, const Common& common) {
  const Progress progress("loading " + one_line(common.model));
  LoadOptions options = load_options(exact_unless_said(common));
  options.roles = {WEFT_ROLE_HIDDEN_STATES}, options.sequences = kTexts, options.step_tokens = kTokens;
  WEFT_TRY(auto model, Model::load(engine, common.model, options));
  return Embedder::create(std::move(model));
}

Status embed(const Options& o) {
  std::string given;
  if (!o.jsonl) {
    WEFT_TRY(given, text_or_input(o.text));
  }
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(Embedder embedder, open_embedder(*engine, o.common));
  if (!o.jsonl) {
    WEFT_TRY(const Embedded e, embedder.embed(given));
    return print(json_of(e));
  }
  return answer_batches(kTexts, [&](std::span<const std::string> lines) { return embed_lines(embedder, lines); });
}

}  // namespace

void add_embed(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("embed", "texts to vectors, by an embedding model", [o] { return embed(*o); });
  add_model_options(command, o->common);
  command.add("TEXT", &o->text, "the text; else, or where it is -, standard input");
  command.add("--jsonl", &o->jsonl, "one JSON string a line from stdin").excludes = {"TEXT"};
  command.usage_error = [o] { return o->jsonl || o->text || input_is_piped() ? "" : "TEXT or --jsonl is required"; };
}

}  // namespace weft::app
