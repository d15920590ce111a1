// The one file that knows CLI11.
#include "apps/weft/parse.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "apps/weft/check_names.hpp"
#include "apps/weft/option_text.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

/// A finite number of this range.
CLI::Validator number_between(double least, double most) {
  return CLI::Validator(
      [=](std::string& text) {
        char* end = nullptr;
        const double v = std::strtod(text.c_str(), &end);
        if (!text.empty() && *end == '\0' && std::isfinite(v) && v >= least && v <= most) return std::string();
        if (most >= std::numeric_limits<float>::max())
          return fmt::format("\"{}\" is not a number of at least {}", text, least);
        return fmt::format("\"{}\" is not a number from {} to {}", text, least, most);
      },
      fmt::format("[{} - {}]", least, most));
}

/// 0 to 2^64-1, in digits alone, since CLI11 takes -1 for the largest.
CLI::Validator whole_number() {
  return CLI::Validator(
      [](std::string& text) {
        uint64_t v = 0;
        const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), v);
        if (failed == std::errc() && rest == text.data() + text.size()) return std::string();
        return fmt::format("\"{}\" is not a whole number from 0 to {}", text, UINT64_MAX);
      },
      "[0 - 2^64)");
}

/// Declares an option for each type of target.
struct Declare {
  CLI::App& command;
  const Option& option;

  CLI::Option* operator()(bool* target) const { return command.add_flag(option.names, *target, option.help); }
  CLI::Option* operator()(uint64_t* target) const {
    constexpr bool kThousands = true;  // 1k is 1000, 1Ki is 1024
    if (option.value == kBytes)
      return command.add_option(option.names, *target, option.help)->transform(CLI::AsSizeValue(kThousands));
    return command.add_option(option.names, *target, option.help)->check(whole_number());
  }
  template <class T>
  CLI::Option* operator()(std::optional<T>* target) const {
    auto set = [target](const T& value) { *target = value; };
    CLI::Option* added = command.add_option_function<T>(option.names, set, option.help);
    return std::is_same_v<T, uint64_t> ? added->check(whole_number()) : added;
  }
  CLI::Option* operator()(std::vector<std::string>* target) const {
    CLI::Option* added = command.add_option(option.names, *target, option.help);
    return added->get_positional() ? added : added->allow_extra_args(false);
  }
  CLI::Option* operator()(auto* target) const { return command.add_option(option.names, *target, option.help); }
};

// CLI11 takes a positional argument "[a, b]" for a list of two, unless something stands behind the bracket.
constexpr char kNoList = '\0';

/// The arguments as CLI11 wants them: the last one first.
std::vector<std::string> for_cli11(std::vector<std::string> arguments) {
  for (std::string& a : arguments) {
    if (a.starts_with('[') && a.ends_with(']')) a += kNoList;
  }
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

std::string as_given(std::string argument) {
  if (argument.ends_with(kNoList)) argument.pop_back();
  return argument;
}

void declare(CLI::App& command, const Option& option) {
  CLI::Option* added = std::visit(Declare{command, option}, option.target);
  if (!std::holds_alternative<bool*>(option.target)) added->transform(as_given);
  added->required(option.required);
  if (!option.value.empty() && !added->get_positional()) added->type_name(option.value);
  if (!option.choices.empty()) added->check(CLI::IsMember(option.choices));
  if (!option.range) return;
  const auto [least, most] = *option.range;
  const bool real = std::holds_alternative<double*>(option.target) ||
                    std::holds_alternative<std::optional<double>*>(option.target);
  added->check(real ? number_between(least, most)
                    : CLI::Range(static_cast<int64_t>(least), static_cast<int64_t>(most)));
}

void declare_options(CLI::App& app, const Command& command) {
  for (const Option& option : command.options) declare(app, option);
  for (const Option& option : command.options) {
    CLI::Option* one = app.get_option(names_of(option).front());
    for (const std::string& other : option.excludes) one->excludes(app.get_option(other));
  }
}

void declare(CLI::App& app, const Command& command) {
  const std::string group = group_of(command);
  CLI::App& parent = group.empty() ? app : *app.get_subcommand(group);
  CLI::App* added = parent.add_subcommand(last_word(command), command.help);
  added->require_subcommand(0, 1);  // behind it an argument may be called as another command is
  added->allow_extras(command.takes_anything);
  if (!command.alias.empty()) added->alias(command.alias);
  declare_options(*added, command);
}

/// "help" and "version" as the options that they stand for.
std::vector<std::string> spelt_out(std::vector<std::string> arguments) {
  if (!arguments.empty() && arguments[0] == "version") arguments[0] = "--version";
  if (arguments.empty() || arguments[0] != "help") return arguments;
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
  return arguments;
}

/// The command of this name; null if there is none.
const Command* named(std::string_view name, const Commands& commands) {
  for (const Command& command : commands.all) {
    if (!name.empty() && (name == command.name || name == command.alias)) return &command;
  }
  return nullptr;
}

/// The command that the arguments begin with, by two words or one; null if there is none.
const Command* called(std::span<const std::string> arguments, const Commands& commands) {
  if (arguments.empty()) return nullptr;
  const Command* longer = arguments.size() < 2 ? nullptr : named(arguments[0] + " " + arguments[1], commands);
  return longer != nullptr ? longer : named(arguments[0], commands);
}

/// What follows the name of a group and is no option: "" if nothing, or if the name is no group's.
std::string unknown_word(std::span<const std::string> arguments, const Command& command, const Commands& commands) {
  if (arguments.size() < 2 || arguments[1].starts_with('-')) return "";
  return words_of_group(commands, command.name).empty() ? "" : arguments[1];
}

std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& e, const Command* command) {
  const auto rest = app.remaining(/*recurse=*/true);
  const bool too_many = e.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  if (command == nullptr || !too_many || rest.empty()) return e.what();
  return fmt::format("\"{}\" is one argument too many; a text of several words stands in quotes", rest.front());
}

Status usage_error(const std::string& what, const Command* command) {
  return invalid("{} (see weft {}--help)", what, command ? command->name + " " : "");
}

}  // namespace

Result<Parsed> parse(int argc, char** argv, const Commands& commands) {
  std::vector<std::string> arguments = spelt_out({argv + std::min(argc, 1), argv + argc});
  const std::string first = arguments.empty() ? "" : arguments.front();
  const Command* command = called(arguments, commands);
  if (command == nullptr && !first.empty() && first[0] != '-')
    return usage_error(unknown_command(first, commands), nullptr);
  if (command != nullptr && !command->takes_anything) {
    if (const std::string word = unknown_word(arguments, *command, commands); !word.empty())
      return usage_error(unknown_command(command->name + " " + word, commands), command);
    const std::size_t words = group_of(*command).empty() ? 1 : 2;
    const std::string wrong = wrong_option(*command, std::span(arguments).subspan(words));
    if (!wrong.empty()) return usage_error(wrong, command);
  }
  CLI::App app("weft: any checkpoint, any blueprint, any hardware", "weft");
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", "weft " WEFT_VERSION);
  app.footer("weft help COMMAND tells what it takes.");
  for (const Command& c : commands.all) declare(app, c);
  try {
    app.parse(for_cli11(std::move(arguments)));
  } catch (const CLI::Success& e) {  // --help, --version
    std::ostringstream text;
    app.exit(e, text, text);
    return Parsed{nullptr, text.str()};
  } catch (const CLI::ParseError& e) {
    return usage_error(what_is_wrong(app, e, command), command);
  }
  if (command == nullptr) return usage_error("the command comes first", nullptr);
  const auto deeper = app.get_subcommands().front()->get_subcommands();
  if (group_of(*command).empty() && !deeper.empty())
    return usage_error(fmt::format("\"{}\" stands right behind {}", deeper[0]->get_name(), command->name), command);
  if (command->usage_error) {
    if (const std::string wrong = command->usage_error(); !wrong.empty()) return usage_error(wrong, command);
  }
  return Parsed{command, ""};
}

Status parse_options(const Command& command, std::vector<std::string> arguments) {
  CLI::App app;
  declare_options(app, command);
  try {
    app.parse(for_cli11(std::move(arguments)));
  } catch (const CLI::ParseError& e) {
    return invalid("{}", e.what());
  }
  return {};
}

}  // namespace weft::app
