#include "apps/weft/check_names.hpp"

#include <string_view>
#include <vector>

#include "apps/weft/nearest.hpp"
#include "apps/weft/option_text.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

struct Name {
  std::string name;  // "--output" or "-o"
  bool takes_value;
};

std::vector<Name> names_of(const Command& command) {
  std::vector<Name> names = {{"--help", false}, {"-h", false}};
  for (const Option& option : command.options) {
    const bool takes_value = !is_flag(option);
    if (is_argument(option)) continue;
    for (std::string& name : names_of(option)) names.push_back({std::move(name), takes_value});
  }
  return names;
}

const Name* find(const std::vector<Name>& names, std::string_view name) {
  for (const Name& n : names) {
    if (n.name == name) return &n;
  }
  return nullptr;
}

std::string unknown_option(std::string_view typed, const Command& command, const std::vector<Name>& names) {
  std::vector<std::string> known;
  for (const Name& n : names) known.push_back(n.name);
  const std::string meant = nearest(typed, known);
  return fmt::format("weft {} has no option {}; {}", command.name, typed,
                     meant.empty() ? "a text that begins with - needs -- before it" : "did you mean " + meant + "?");
}

}  // namespace

std::string wrong_option(const Command& command, std::span<const std::string> arguments) {
  const std::vector<Name> names = names_of(command);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") break;
    if (argument.size() < 2 || argument[0] != '-') continue;
    if (argument[1] == '-') {
      const std::size_t equals = argument.find('=');
      const Name* name = find(names, argument.substr(0, equals));
      if (name == nullptr) return unknown_option(argument.substr(0, equals), command, names);
      if (name->takes_value && equals == argument.npos) ++i;
      continue;
    }
    // Behind one dash several letters may stand, until one takes the rest, or the next argument, as its value.
    for (std::size_t at = 1; at < argument.size(); ++at) {
      const Name* name = find(names, std::string("-") + argument[at]);
      if (name == nullptr) return unknown_option(argument, command, names);
      if (!name->takes_value) continue;
      if (at + 1 == argument.size()) ++i;
      break;
    }
  }
  return "";
}

std::string unknown_command(const std::string& typed, const Commands& commands) {
  std::vector<std::string> known;
  const std::string group = typed.substr(0, typed.find(' ') == typed.npos ? 0 : typed.find(' '));
  for (const Command& command : commands.all) {
    if (group_of(command) == group) known.push_back(command.name);
  }
  const std::string meant = nearest(typed, known);
  if (!meant.empty()) return fmt::format("\"{}\" is not a command; did you mean {}?", typed, meant);
  return fmt::format("\"{}\" is not a command, known are {}", typed, fmt::join(known, ", "));
}

}  // namespace weft::app
