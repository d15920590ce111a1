// weft template FILE|MODEL --context F.json
#include <cstdio>
#include <filesystem>

#include "apps/weft/common.hpp"
#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/runtime/text_side.hpp"
#include "core/text/jinja/template.hpp"

namespace weft::app {
namespace {

/// A template file is anything that no format plugin would take: not a folder, .gguf or .safetensors.
bool is_template_file(const std::string& path) {
  const std::filesystem::path p(path);
  return std::filesystem::is_regular_file(p) && p.extension() != ".gguf" && p.extension() != ".safetensors";
}

Status render(const Common& common, const std::string& context_path) {
  WEFT_TRY(const std::string context_text, read_whole_file(context_path));
  WEFT_TRY(Json context, parse_json(context_text));
  if (!context.is_object()) return invalid("{}: expected a JSON object", context_path);
  std::string source;
  if (is_template_file(common.model)) {
    WEFT_TRY(source, read_whole_file(common.model));
  } else {
    WEFT_TRY(auto engine, make_engine(common));
    WEFT_TRY(auto checkpoint, engine->open_checkpoint(common.model));
    WEFT_TRY(const TextSide text, TextSide::load(*checkpoint));
    if (text.template_source().empty()) return invalid("{}: has no chat template", common.model);
    source = text.template_source();
    for (auto [key, value] : {std::pair{"bos_token", text.bos_token()}, {"eos_token", text.eos_token()}}) {
      if (!context.contains(key) && !value.empty()) context[key] = value;
    }
  }
  WEFT_TRY(const ChatTemplate chat, ChatTemplate::parse(source));
  WEFT_TRY(const std::string out, chat.render(context));
  std::fwrite(out.data(), 1, out.size(), stdout);
  return {};
}

}  // namespace

void add_template(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("template", "render a chat template");
  auto common = std::make_shared<Common>();
  auto context = std::make_shared<std::string>();
  add_engine_options(*command, *common);
  command->add_option("FILE", common->model, "a template file, or a model")->required();
  command->add_option("--context", *context, "JSON object with messages, tools, ...")->required();
  command->callback([=, &exit_code] {
    if (Status s = render(*common, *context); !s.ok()) exit_code = report(s);
  });
}

}  // namespace weft::app
