// The commands and what they take, as data: what parses them, or tells users of them, reads it from here.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weft/status.hpp"

namespace weft::app {

/// Where the value goes. A bool is a flag, which takes no value. An optional tells whether the option was given. A list
/// gets a value each time that the option is given; as a positional argument, all that are left.
using Target = std::variant<bool*, int64_t*, uint32_t*, uint64_t*, double*, std::string*, std::optional<int64_t>*,
                            std::optional<uint64_t>*, std::optional<double>*, std::optional<std::string>*,
                            std::vector<std::string>*>;

/// From `least` to `most`; NaN is in no range. Whole numbers are below 2^53.
struct Range {
  double least, most;
};

/// Option::value of sizes, which may be given with a unit: 512M, 2Gi.
inline constexpr const char* kBytes = "BYTES";

/// An option ("-o,--output") or a positional argument ("MODEL").
struct Option {
  std::string names;  // separated by commas
  Target target;      // lives as long as the command
  std::string help;
  bool required = false;
  std::vector<std::string> choices;   // unless empty, the only values
  std::optional<Range> range;         // of a number
  std::string value;                  // what the value is, FILE or MODEL; "": a number or a text
  std::vector<std::string> excludes;  // names of options that cannot be given with it
};

struct Command {
  /// A word; or two, of which the first is a command that was added before: "plugins new" is a command of "plugins".
  std::string name, help;
  std::string alias;             // another name for it; "": none
  std::function<Status()> run;  // after the targets are set; owns what they point into
  std::function<int(const Status&)> exit_code;  // of an error of run; empty: 1
  std::vector<Option> options;
  /// Tells what is wrong with the values together, though each is right; "" if nothing. Empty: they are never checked.
  std::function<std::string()> usage_error;
  bool takes_anything = false;  // arguments that are no options of it are ignored

  /// The reference is good until the next call.
  Option& add(std::string names, Target target, std::string option_help) {
    return options.emplace_back(Option{std::move(names), target, std::move(option_help)});
  }
};

/// In the order of the help.
struct Commands {
  std::deque<Command> all;  // references into it stay good when more are added

  Command& add(std::string name, std::string help, std::function<Status()> run) {
    return all.emplace_back(Command{std::move(name), std::move(help), "", std::move(run)});
  }
};

}  // namespace weft::app
