// weft template FILE|MODEL --context F.json: the rendering, byte for byte.
#include <filesystem>
#include <fstream>

#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/template_options.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"
#include "core/model/text_side.hpp"
#include "core/text/jinja/template.hpp"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  Common common;
  std::string context;
  TemplateOptions chat;
};

/// A template is what no format takes: not a folder, not a handle, no tensor file by name or content.
bool is_template_file(const std::string& path) {
  std::error_code ignored;
  const fs::path extension = fs::path(path).extension();
  if (path.find("://") != std::string::npos || extension == ".gguf" || extension == ".safetensors") return false;
  if (!fs::exists(path, ignored) || fs::is_directory(path, ignored)) return false;
  if (!fs::is_regular_file(path, ignored)) return true;  // a pipe, which can be read once only
  char magic[4] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::string_view(magic, sizeof magic) != "GGUF";
}

Result<RenderedChat> render_source(const std::string& path, const Json& context) {
  WEFT_TRY(const std::string source, read_whole_file(path));
  WEFT_TRY(const ChatTemplate chat, ChatTemplate::parse(source));
  return chat.render(context);
}

/// By the model's template; what the model says of its tokens goes to the context unless it is there.
Result<RenderedChat> render_model(const Common& common, const std::string& name, Json context) {
  WEFT_TRY(auto engine, make_engine(common));
  WEFT_TRY(auto checkpoint, engine->open_checkpoint(common.model));
  WEFT_TRY(const TextSide text, TextSide::load(*engine, *checkpoint));
  if (text.chat().empty())
    return error(Code::kFailedPrecondition, "has no chat template; name a template file instead");
  text.chat().name_tokens_in(context);
  const auto tools = context.find("tools");
  WEFT_TRY(const ChatTemplate* chat, text.chat().find(name, tools != context.end() && !tools->is_null()));
  return chat->render(context);
}

Status render(const Options& o) {
  const Common& common = o.common;
  WEFT_TRY(Json context, read_json_file(o.context));
  if (!context.is_object()) {
    return invalid("{}: is a JSON {}, expected an object with messages", o.context, context.type_name());
  }
  WEFT_TRY(ChatOptions options, o.chat.read());
  if (!options.tools.is_null()) context["tools"] = std::move(options.tools);
  for (auto& [key, value] : options.arguments.items()) context[key] = std::move(value);
  const bool file = is_template_file(common.model);
  if (file && !o.chat.name.empty()) {
    return invalid("{}: is one template; --template chooses among a model's", common.model);
  }
  auto rendered = file ? render_source(common.model, context) : render_model(common, o.chat.name, context);
  if (!rendered.ok()) return rendered.status().with_context(common.model);
  return print(common.json ? json_text(rendered->text) + "\n" : rendered->text);
}

}  // namespace

void add_template(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("template", "render a chat template", [o] { return render(*o); });
  add_model_options(command, o->common, "FILE", "a template file, or a model");
  Option& context = command.add("--context", &o->context, "JSON file: an object with messages, tools, ...");
  context.required = true, context.value = "FILE";
  add_template_options(command, o->chat);
}

}  // namespace weft::app
