#include "apps/weft/option_text.hpp"

#include <fmt/format.h>

namespace weft::app {
namespace {

struct IsText {
  bool operator()(std::string*) const { return true; }
  bool operator()(std::optional<std::string>*) const { return true; }
  bool operator()(std::vector<std::string>*) const { return true; }
  bool operator()(auto*) const { return false; }
};

}  // namespace

std::string group_of(const Command& command) {
  const std::size_t space = command.name.find(' ');
  return space == command.name.npos ? "" : command.name.substr(0, space);
}

std::string last_word(const Command& command) { return command.name.substr(command.name.find(' ') + 1); }

std::vector<std::string> words_of_group(const Commands& commands, const std::string& group) {
  std::vector<std::string> words;
  for (const Command& command : commands.all) {
    if (!group.empty() && group_of(command) == group) words.push_back(last_word(command));
  }
  return words;
}

bool is_argument(const Option& option) { return !option.names.starts_with('-'); }
bool is_flag(const Option& option) { return std::holds_alternative<bool*>(option.target); }
bool repeats(const Option& option) { return std::holds_alternative<std::vector<std::string>*>(option.target); }

std::vector<std::string> names_of(const Option& option) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < option.names.size();) {
    const std::size_t end = std::min(option.names.find(',', at), option.names.size());
    names.push_back(option.names.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

std::string value_of(const Option& option) {
  if (is_flag(option)) return "";
  if (!option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, "|"));
  if (!option.value.empty()) return option.value;
  return std::visit(IsText(), option.target) ? "TEXT" : "NUMBER";
}

}  // namespace weft::app
