// Completion in bash.
#include <fmt/format.h>

#include "apps/weft/manual/manual.hpp"
#include "apps/weft/option_text.hpp"

namespace weft::app {
namespace {

// What a function is asked for stands in `values`: words, or one of <file>, <model> and <text>, or nothing.
constexpr const char* kFunctions = R"sh(
_weft_models() {
  @MODELS@
}

_weft() {
  local line=${COMP_LINE:0:COMP_POINT} word='' before='' values=''
  local -a words
  read -ra words <<<"$line"
  if [[ $line != *[[:space:]] ]]; then
    word=${words[${#words[@]}-1]}
    unset "words[${#words[@]}-1]"
  fi
  # Where the name of the command begins, and how many words it has.
  local at=1 of=1
  if [[ ${words[1]-} == help ]]; then at=2; fi
  local command=${words[at]-}
  _weft_group "$command"
  local group=$values
  values=''
  if [[ -n $group && " $group " == *" ${words[at+1]-/} "* ]]; then of=2 command+=" ${words[at+1]}"; fi
  case $word in
    --*=*) before=${word%%=*} word=${word#*=} ;;
    *) before=${words[${#words[@]}-1]-} ;;
  esac
  if ((${#words[@]} <= at)); then
    values=$_weft_commands
  elif [[ $word != -* ]] && ((of == 1 && ${#words[@]} == at + 1)) && [[ -n $group ]]; then
    values=$group
  elif ((at == 1)); then
    _weft_value "$command" "$before"
    if [[ -z $values && $word == -* ]]; then _weft_options "$command"; fi
    if [[ -z $values ]]; then _weft_argument "$command"; fi
  fi
  COMPREPLY=()
  case $values in
    '' | '<text>') ;;
    '<file>') compopt -o default 2>/dev/null ;;
    '<model>')
      mapfile -t COMPREPLY < <(compgen -W "$(_weft_models)" -- "$word")
      if [[ -z $word || ${#COMPREPLY[@]} -eq 0 ]]; then compopt -o default 2>/dev/null; fi
      if [[ -z $word ]]; then COMPREPLY=(); fi
      ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word") ;;
  esac
  # The shell takes only what stands behind the last : or = for the word.
  local kept=${word%"${word##*[:=]}"}
  COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}

complete -F _weft weft
)sh";

std::string kind_of(const Option& option) {
  if (!option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, " "));
  if (option.value == "FILE") return "<file>";
  return option.value == "MODEL" ? "<model>" : "<text>";
}

}  // namespace

std::string bash_completion(const Commands& commands) {
  std::string names, groups, options, values, arguments;
  for (const Command& command : commands.all) {
    const std::string name = "'" + command.name + (command.alias.empty() ? "'" : "' | '" + command.alias + "'");
    const std::vector<std::string> group = words_of_group(commands, command.name);
    if (!group.empty()) groups += fmt::format("    {}) values='{}' ;;\n", name, fmt::join(group, " "));
    std::string all, argument = "<text>";
    for (const Option& option : command.options) {
      if (is_argument(option)) {
        if (!option.value.empty() || !option.choices.empty()) argument = kind_of(option);
        continue;
      }
      std::string pattern;
      for (const std::string& n : names_of(option)) {
        all += n + " ";
        pattern += fmt::format("{}'{} {}'", pattern.empty() ? "" : " | ", command.name, n);
        if (!command.alias.empty()) pattern += fmt::format(" | '{} {}'", command.alias, n);
      }
      if (!is_flag(option)) values += fmt::format("    {}) values='{}' ;;\n", pattern, kind_of(option));
    }
    if (group_of(command).empty()) names += command.name + " ";
    options += fmt::format("    {}) values='{}--help' ;;\n", name, all);
    arguments += fmt::format("    {}) values='{}' ;;\n", name, argument);
  }
  const auto function = [](const char* name, const char* of, const std::string& cases) {
    return fmt::format("\n{}() {{\n  case {} in\n{}  esac\n}}\n", name, of, cases);
  };
  std::string functions = kFunctions;
  functions.replace(functions.find("@MODELS@"), 8, kCachedModels);
  return "# Completion of weft in bash, made from its options when it is built.\n_weft_commands='" + names +
         "help version --help --version'\n" + function("_weft_group", "$1", groups) +
         function("_weft_options", "$1", options) +
         function("_weft_value", "\"$1 $2\"", values) + function("_weft_argument", "$1", arguments) + functions;
}

}  // namespace weft::app
