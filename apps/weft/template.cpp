// weft template FILE|MODEL --context F.json: the rendering, byte for byte.
#include <filesystem>
#include <fstream>

#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "core/base/error.hpp"
#include "core/runtime/text_side.hpp"
#include "core/text/jinja/template.hpp"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

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

/// The model's template; what the model says of its tokens goes to the context unless it is there.
Result<std::string> template_of_model(const Common& common, Json& context) {
  WEFT_TRY(auto engine, make_engine(common));
  WEFT_TRY(auto checkpoint, engine->open_checkpoint(common.model));
  WEFT_TRY(const TextSide text, TextSide::load(*checkpoint));
  if (text.template_source().empty()) {
    return error(Code::kFailedPrecondition, "{}: has no chat template; name a template file instead", common.model);
  }
  for (auto [key, value] : {std::pair{"bos_token", text.bos_token()}, {"eos_token", text.eos_token()}}) {
    if (!context.contains(key) && !value.empty()) context[key] = value;
  }
  return text.template_source();
}

Status render(const Common& common, const std::string& context_path) {
  WEFT_TRY(Json context, read_json_file(context_path));
  if (!context.is_object()) {
    return invalid("{}: is a JSON {}, expected an object with messages", context_path, context.type_name());
  }
  const bool file = is_template_file(common.model);
  WEFT_TRY(const std::string source, file ? read_whole_file(common.model) : template_of_model(common, context));
  auto chat = ChatTemplate::parse(source);
  if (!chat.ok()) return chat.status().with_context(common.model);
  auto rendered = chat->render(context);
  if (!rendered.ok()) return rendered.status().with_context(common.model);
  return print(common.json ? json_text(rendered->text) + "\n" : rendered->text);
}

}  // namespace

void add_template(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("template", "render a chat template");
  auto common = std::make_shared<Common>();
  auto context = std::make_shared<std::string>();
  add_model_options(*command, *common, "FILE", "a template file, or a model");
  command->add_option("--context", *context, "JSON file: an object with messages, tools, ...")->required();
  command->callback([=, &exit_code] { finish(exit_code, [&] { return render(*common, *context); }); });
}

}  // namespace weft::app
