// The commands of a chat.
#include <algorithm>
#include <cstdio>

#include "apps/weft/chat.hpp"
#include "apps/weft/nearest.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/parse.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

struct Described {
  const char *name, *argument, *help;
  bool needs_template;  // it is about messages
};

constexpr Described kCommands[] = {
    {"/help", "", "this list", false},
    {"/bye", "", "leave (Ctrl-D too)", false},
    {"/clear", "", "begin anew; the system message stays", false},
    {"/system", "TEXT", "another system message; without TEXT none", true},
    {"/set", "OPTION VALUE", "as the option of weft run: temp 0.5, stop TEXT, greedy true, ...", false},
    {"/save", "FILE", "the messages as JSON", true},
    {"/load", "FILE", "go on from messages that were saved", true},
    {"/regen", "", "another answer to the last message", false}};

std::string help_text() {
  std::string text;
  for (const Described& c : kCommands)
    text += fmt::format("{:<22} {}\n", fmt::format("{} {}", c.name, c.argument), c.help);
  return text + "\"\"\"                    begins a message of several lines, and ends it\n" +
         "Tab                    completes commands; Up and Ctrl-R find earlier messages\n" +
         "Ctrl-C                 stops an answer, or takes back what is typed\n";
}

Status unknown(const std::string& name, const std::vector<std::string>& known) {
  const std::string meant = nearest(name, known);
  if (!meant.empty()) return invalid("{} is no command of the chat; did you mean {}?", name, meant);
  return invalid("{} is no command of the chat; /help lists them, and a blank before it makes it a message", name);
}

}  // namespace

bool Chat::is_command(const std::string& line) {
  if (line.size() < 2 || line[0] != '/') return false;
  const std::string name = line.substr(1, line.find(' ') == line.npos ? line.npos : line.find(' ') - 1);
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz?") == name.npos;
}

std::vector<std::string> Chat::command_names() {
  std::vector<std::string> names;
  for (const Described& c : kCommands) names.emplace_back(c.name);
  return names;
}

std::vector<std::string> Chat::setting_names() {
  RunOptions unused;
  Command options;
  add_answer_options(options, unused);
  std::vector<std::string> names;
  for (const Option& option : options.options) names.push_back(option.names.substr(2));
  return names;
}

Status Chat::set(const std::string& text) {
  Command options;
  add_answer_options(options, o_);
  const std::size_t blank = text.find(' ');
  const std::string name = text.substr(0, blank);
  const std::vector<std::string> known = setting_names();
  if (text == "stop") {
    o_.stop.clear();
    return {};
  }
  if (std::find(known.begin(), known.end(), name) == known.end() || blank == text.npos) {
    const std::string meant = nearest(name, known);
    return invalid("expected /set OPTION VALUE, with an option of {}{}", fmt::join(known, ", "),
                   meant.empty() || meant == name ? "" : "; did you mean " + meant + "?");
  }
  return parse_options(options, {fmt::format("--{}={}", name, text.substr(blank + 1))});
}

Status Chat::save(const std::string& path) const {
  const std::string text = json_text(talk_.messages(), 2) + "\n";
  const std::string_view parts[] = {text};
  WEFT_CHECK_OK(write_whole(path, parts));
  std::fprintf(stderr, "weft: %s: %s\n", shown(path).c_str(), counted(talk_.messages().size(), "message").c_str());
  return {};
}

Status Chat::load(const std::string& path) {
  WEFT_TRY(Json messages, read_json_file(path));
  if (Status s = talk_.load(std::move(messages)); !s.ok()) return s.with_context(path);
  std::fprintf(stderr, "weft: %s: %s\n", shown(path).c_str(), counted(talk_.messages().size(), "message").c_str());
  return {};
}

Result<Chat::Then> Chat::command(const std::string& line) {
  const std::size_t blank = line.find(' ');
  const std::string name = line.substr(0, blank);
  const std::size_t at = line.find_first_not_of(' ', blank), end = line.find_last_not_of(' ');
  const std::string rest = blank == line.npos || at == line.npos ? "" : line.substr(at, end + 1 - at);
  const Described* known = nullptr;
  for (const Described& c : kCommands) {
    if (name == c.name) known = &c;
  }
  Status s;
  if (name == "/bye") return Then::kLeave;
  if (known == nullptr && name != "/?") {
    s = unknown(name, command_names());
  } else if (known != nullptr && known->needs_template && !talk_.templated()) {
    s = invalid("{} is about messages, which a chat without a template does not have", name);
  } else if (name == "/clear") {
    talk_.clear();
  } else if (name == "/system") {
    talk_.set_system(rest);
  } else if (name == "/set") {
    s = set(rest);
  } else if (name == "/save" || name == "/load") {
    s = rest.empty() ? invalid("{} needs the name of a FILE", name) : name == "/save" ? save(rest) : load(rest);
  } else if (name == "/regen") {
    const std::optional<std::string> question = talk_.take_last();
    if (question) WEFT_CHECK_OK(turn(*question));
    if (!question) s = invalid("there is no message yet to answer again");
  } else {
    std::fputs(help_text().c_str(), stderr);
  }
  if (!s.ok()) print_error(s.message());
  return Then::kGoOn;
}

}  // namespace weft::app
