#include "apps/weft/template_options.hpp"

#include "core/base/error.hpp"

namespace weft::app {

Result<ChatOptions> TemplateOptions::read() const {
  ChatOptions out;
  out.template_name = name;
  if (!tools.empty()) {
    WEFT_TRY(out.tools, read_json_file(tools));
    if (!out.tools.is_array())
      return invalid("{}: is a JSON {}, expected an array of tools", tools, out.tools.type_name());
  }
  for (const std::string& argument : arguments) {
    const auto equals = argument.find('=');
    if (equals == argument.npos || equals == 0) return invalid("--template-arg {}: expected KEY=JSON", argument);
    const std::string key = argument.substr(0, equals);
    if (out.arguments.contains(key)) return invalid("--template-arg {}: given twice", key);
    auto value = parse_json(std::string_view(argument).substr(equals + 1));
    if (!value.ok()) {
      return invalid("--template-arg {}: '{}' is not JSON (true, 3, \"text\" with its quotes…)", key,
                     argument.substr(equals + 1));
    }
    out.arguments[key] = std::move(*value);
  }
  return out;
}

std::string_view TemplateOptions::given() const {
  return !tools.empty() ? "--tools" : !arguments.empty() ? "--template-arg" : !name.empty() ? "--template" : "";
}

Status check_tools_are_used(const ChatSide& chat, const ChatOptions& options) {
  if (options.tools.empty()) return {};
  ChatOptions without = options;
  without.tools = nullptr;
  const Json messages = {{{"role", "user"}, {"content", "Hello"}}};
  const auto with = chat.render(messages, options), plain = chat.render(messages, without);
  // A template that cannot render says why when the prompt is made.
  if (!with.ok() || !plain.ok() || with->text != plain->text) return {};
  return error(Code::kFailedPrecondition,
               "--tools: the chat template of the model has no place for tools; leave them out, or name one that has "
               "with --template");
}

void add_template_options(Command& command, TemplateOptions& o, const std::vector<std::string>& excludes) {
  const char* arguments = "KEY=JSON: what else the template is told (may be given again)";
  Option& tools = command.add("--tools", &o.tools, "JSON file: an array of tools for the template");
  tools.excludes = excludes, tools.value = "FILE";
  command.add("--template-arg", &o.arguments, arguments).excludes = excludes;
  command.add("--template", &o.name, "which of the model's chat templates, by name").excludes = excludes;
}

}  // namespace weft::app
