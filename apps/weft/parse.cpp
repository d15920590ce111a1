// The one file that knows CLI11.
#include "apps/weft/parse.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <sstream>

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
        return fmt::format("\"{}\" is not a number from {} to {}", text, least, most);
      },
      fmt::format("[{} - {}]", least, most));
}

/// 0 to 2^64-1, in digits alone: the library takes -1 for the largest.
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

void declare(CLI::App& command, const Option& option) {
  CLI::Option* added = std::visit(Declare{command, option}, option.target);
  added->required(option.required);
  if (!option.choices.empty()) added->check(CLI::IsMember(option.choices));
  if (!option.range) return;
  const auto [least, most] = *option.range;
  const bool real = std::holds_alternative<double*>(option.target) ||
                    std::holds_alternative<std::optional<double>*>(option.target);
  added->check(real ? number_between(least, most)
                    : CLI::Range(static_cast<int64_t>(least), static_cast<int64_t>(most)));
}

void declare(CLI::App& app, const Command& command) {
  CLI::App* added = app.add_subcommand(command.name, command.help);
  added->allow_extras(command.takes_anything);
  for (const Option& option : command.options) declare(*added, option);
  for (const Option& option : command.options) {
    // The names of an option are separated by commas; the library finds it by any of them.
    CLI::Option* one = added->get_option(option.names.substr(0, option.names.find(',')));
    for (const std::string& other : option.excludes) one->excludes(added->get_option(other));
  }
}

/// The command that was named; null if none was.
const Command* used(const CLI::App& app, const Commands& commands) {
  for (const Command& command : commands.all) {
    if (app.got_subcommand(command.name)) return &command;
  }
  return nullptr;
}

std::string what_is_wrong(const CLI::App& app, const Commands& commands, const CLI::ParseError& e) {
  const auto rest = app.remaining();
  if (used(app, commands) != nullptr || rest.empty()) return e.what();
  std::string known;
  for (const Command& command : commands.all) known += (known.empty() ? "" : ", ") + command.name;
  return "\"" + rest.front() + "\" is not a command, known are " + known;
}

Status usage_error(const std::string& what, const Command* command) {
  return invalid("{} (see weft {}--help)", what, command ? command->name + " " : "");
}

}  // namespace

Result<Parsed> parse(int argc, char** argv, const Commands& commands) {
  CLI::App app("weft: any checkpoint, any blueprint, any hardware", "weft");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weft " WEFT_VERSION);
  for (const Command& command : commands.all) declare(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    std::ostringstream text;
    app.exit(e, text, text);
    return Parsed{nullptr, text.str()};
  } catch (const CLI::ParseError& e) {
    return usage_error(what_is_wrong(app, commands, e), used(app, commands));
  }
  const Command* command = used(app, commands);
  if (command->usage_error) {
    if (const std::string wrong = command->usage_error(); !wrong.empty()) return usage_error(wrong, command);
  }
  return Parsed{command, ""};
}

}  // namespace weft::app
