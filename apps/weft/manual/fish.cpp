// Completion in fish.
#include <fmt/format.h>

#include "apps/weft/manual/manual.hpp"
#include "apps/weft/option_text.hpp"

namespace weft::app {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// What the value may be, as options of `complete`.
std::string values_of(const Option& option) {
  if (is_flag(option)) return "";
  if (!option.choices.empty()) return fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
  if (option.value == "FILE") return " -r -F";
  return option.value == "MODEL" ? " -r -F -a '(__weft_models)'" : " -x";
}

/// The condition that one of these words stands on the line.
std::string seen_word(const std::string& words) { return "__fish_seen_subcommand_from " + words; }

}  // namespace

std::string fish_completion(const Commands& commands) {
  std::string out = fmt::format(
      "# Completion of weft in fish, made from its options when it is built.\n"
      "function __weft_models\n    {}\nend\n\ncomplete -c weft -f\n",
      kCachedModels);
  const auto add_command = [&](const std::string& name, const std::string& help) {
    out += fmt::format("complete -c weft -n __fish_use_subcommand -a {} -d {}\n", name, quoted(help));
  };
  for (const Command& command : commands.all) {
    if (group_of(command).empty()) add_command(command.name, command.help);
  }
  add_command("help", "tell what a command takes"), add_command("version", "tell which weft this is");
  for (const Command& command : commands.all) {
    const std::string seen = seen_word(last_word(command) + (command.alias.empty() ? "" : " " + command.alias));
    const std::string words = fmt::format("{}", fmt::join(words_of_group(commands, command.name), " "));
    const std::string before = group_of(command).empty() ? "" : seen_word(group_of(command)) + "; and ";
    const std::string after = words.empty() ? "" : "; and not " + seen_word(words);
    const std::string when = fmt::format("\ncomplete -c weft -n '{}{}{}'", before, seen, after);
    if (!words.empty()) out += when + " -a '" + words + "'";
    for (const Option& option : command.options) {
      if (is_argument(option)) {
        if (!option.value.empty() || !option.choices.empty()) out += when + values_of(option);
        continue;
      }
      out += when;
      for (const std::string& name : names_of(option))
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      out += values_of(option) + " -d " + quoted(option.help);
    }
  }
  return out + "\n";
}

}  // namespace weft::app
