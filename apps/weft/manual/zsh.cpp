// Completion in zsh.
#include <fmt/format.h>

#include "apps/weft/manual/manual.hpp"
#include "apps/weft/option_text.hpp"

namespace weft::app {
namespace {

/// Within single quotes, in a specification of _arguments or _describe.
std::string quoted(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string action_of(const Option& option) {
  if (!option.choices.empty()) return fmt::format("({})", fmt::join(option.choices, " "));
  if (option.value == "FILE") return "_files";
  return option.value == "MODEL" ? "_weft_models" : "";
}

/// A line for each name of an option.
std::string specifications(const Option& option) {
  std::string out;
  if (is_argument(option))
    return fmt::format("        '{}:{}:{}' \\\n", repeats(option) ? "*" : option.required ? "" : ":", option.names,
                       action_of(option));
  const std::vector<std::string> names = names_of(option);
  for (const std::string& name : names) {
    const char* ends = is_flag(option) ? "" : name.starts_with("--") ? "=" : "+";
    const std::string together = repeats(option) ? "*" : fmt::format("({})", fmt::join(names, " "));
    out += fmt::format("        '{}{}{}[{}]", together, name, ends, quoted(option.help));
    if (!is_flag(option)) out += fmt::format(":{}:{}", quoted(value_of(option)), action_of(option));
    out += "' \\\n";
  }
  return out;
}

constexpr const char* kBegin = R"sh(#compdef weft
# Completion of weft in zsh, made from its options when it is built.

_weft_models() {
  local -a models
  models=(${(f)"$(@MODELS@)"})
  (($#models)) && compadd -a models
  _files
}

_weft() {
  local line state
  local -a commands
  commands=(
)sh";

constexpr const char* kMiddle = R"sh(  )
  _arguments -C '(- *)'{-h,--help}'[tell what there is]' '(- *)'{-V,--version}'[tell which weft this is]' \
    '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe -t commands 'command of weft' commands ;;
    arguments)
      local name=$words[1]
      if ((CURRENT > 2)); then
        case "$words[1] $words[2]" in
          @OF_GROUPS@)
            name="$words[1] $words[2]"
            shift words
            ((CURRENT--))
            ;;
        esac
      fi
      case $name in
)sh";

constexpr const char* kEnd = R"sh(        help) _describe -t commands 'command of weft' commands ;;
      esac
      ;;
  esac
}

_weft "$@"
)sh";

}  // namespace

std::string zsh_completion(const Commands& commands) {
  std::string out = kBegin, cases, of_groups, middle = kMiddle;
  out.replace(out.find("@MODELS@"), 8, kCachedModels);
  for (const Command& command : commands.all) {
    const std::string name = "'" + command.name + (command.alias.empty() ? "'" : "'|'" + command.alias + "'");
    if (group_of(command).empty()) out += fmt::format("    '{}:{}'\n", command.name, quoted(command.help));
    else of_groups += (of_groups.empty() ? "" : "|") + name;
    cases += fmt::format("      {}) _arguments -s \\\n", name);
    for (const Option& option : command.options) cases += specifications(option);
    const std::vector<std::string> group = words_of_group(commands, command.name);
    if (!group.empty()) cases += fmt::format("        '1: :({})' \\\n", fmt::join(group, " "));
    cases += "        '(- *)'{-h,--help}'[tell what it takes]' ;;\n";
  }
  middle.replace(middle.find("@OF_GROUPS@"), 11, of_groups.empty() ? "''" : of_groups);
  return out + "    'help:tell what a command takes'\n    'version:tell which weft this is'\n" + middle + cases + kEnd;
}

}  // namespace weft::app
