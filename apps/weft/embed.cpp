// weft embed MODEL [TEXT | - | --jsonl]

#include "apps/weft/common.hpp"
#include "apps/weft/input.hpp"
#include "apps/weft/output.hpp"
#include "core/base/error.hpp"
#include "core/tasks/embedder.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  std::optional<std::string> text;
  bool jsonl = false;
};

Result<std::string> embed_text(Embedder& embedder, std::string_view text) {
  WEFT_TRY(const Embedded e, embedder.embed(text));
  return fmt::format("{{\"ids\":[{}],\"embedding\":[{}]}}\n", fmt::join(e.ids, ","), fmt::join(e.vector, ","));
}

Result<std::string> embed_line(Embedder& embedder, std::string_view line) {
  WEFT_TRY(const Json value, parse_json(line));
  if (!value.is_string()) return invalid("is a JSON {}, expected a string", value.type_name());
  return embed_text(embedder, value.get_ref<const std::string&>());
}

Result<Embedder> open_embedder(Engine& engine, const Common& common) {
  WEFT_TRY(auto model, load_model(engine, exact_unless_said(common), WEFT_ROLE_HIDDEN_STATES));
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
    WEFT_TRY(const std::string result, embed_text(embedder, given));
    return print(result);
  }
  return answer_lines([&](const std::string& line) { return embed_line(embedder, line); });
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
