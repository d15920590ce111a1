// weft.1 in the language of man(7).
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>

#include "apps/weft/manual/manual.hpp"
#include "apps/weft/manual/markdown.hpp"
#include "apps/weft/option_text.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

constexpr int kMany = 4;  // an option that fewer commands have alike is told with each of them

/// As text of a line that troff would not take for a request.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("…")) {
      out += "...", i += 2;
    } else if (text[i] == '\\') {
      out += "\\e";
    } else if (text[i] == '-') {
      out += "\\-";
    } else {
      out += text[i];
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

/// Code is bold, a link is its text; what is a link and nothing else between parentheses is left out with them.
std::string inline_text(std::string_view cell) {
  std::string out, plain;
  const auto flush = [&] { out += escaped(plain), plain.clear(); };
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const std::size_t close = cell.find(cell[i] == '`' ? "`" : "](", i + 1);
    if (cell[i] == '`' && close != cell.npos) {
      flush();
      out += bold(cell.substr(i + 1, close - i - 1));
      i = close;
    } else if (cell[i] == '[' && close != cell.npos && cell.find(')', close) != cell.npos) {
      const std::size_t end = cell.find(')', close);
      if (plain.ends_with(" (") && cell.substr(end + 1).starts_with(')')) {
        plain.resize(plain.size() - 2);
        i = end + 1;
        continue;
      }
      flush();
      out += inline_text(cell.substr(i + 1, close - i - 1));
      i = end;
    } else {
      plain += cell[i];
    }
  }
  flush();
  return out;
}

/// As a sentence begins, but for what is no word (weft.json).
std::string capital(std::string text) {
  const std::string first = text.substr(0, text.find(' '));
  if (!text.empty() && first.find_first_of("./_") == first.npos)
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

/// ".TP" of each row: the first cell, and what the others say of it.
std::string list_of(const Table& table) {
  std::string out;
  for (const auto& row : table.rows) {
    out += ".TP\n" + inline_text(row[0]) + "\n" + capital(inline_text(row[1])) + ".\n";
    for (std::size_t i = 2; i < row.size(); ++i) {
      if (!row[i].empty()) out += escaped(capital(table.head[i])) + ": " + inline_text(row[i]) + ".\n";
    }
  }
  if (!table.note.empty()) out += ".PP\n" + inline_text(table.note) + "\n";
  return out;
}

std::string range_text(const Range& range) {
  if (range.most >= std::numeric_limits<float>::max()) return escaped(fmt::format("At least {}.", range.least)) + "\n";
  return escaped(fmt::format("From {} to {}.", range.least, range.most)) + "\n";
}

std::string option_entry(const Option& option) {
  std::string names;
  for (const std::string& name : names_of(option)) names += (names.empty() ? "" : ", ") + bold(name);
  const std::string value = value_of(option);
  std::string out = ".TP\n" + names;
  if (!option.choices.empty()) {
    out += " " + bold(value);
  } else if (!value.empty()) {
    out += " " + italic(value);
  }
  out += "\n" + capital(escaped(option.help)) + ".\n";
  if (option.range) out += range_text(*option.range);
  if (option.required) out += "It must be given.\n";
  for (std::size_t i = 0; i < option.excludes.size(); ++i)
    out += (i == 0 ? "Not with " : ", ") + bold(option.excludes[i]) + (i + 1 == option.excludes.size() ? ".\n" : "");
  return out;
}

std::string argument_text(const Option& option) {
  const std::string name = italic(option.names) + (repeats(option) ? "..." : "");
  return option.required ? name : "[" + name + "]";
}

using Key = std::pair<std::string, std::string>;  // names and help
Key key_of(const Option& option) { return {option.names, option.help}; }

/// Options that many commands have alike.
std::map<Key, int> shared_options(const Commands& commands) {
  std::map<Key, int> count;
  for (const Command& command : commands.all) {
    for (const Option& option : command.options) count[key_of(option)] += is_argument(option) ? 0 : 1;
  }
  std::erase_if(count, [](const auto& entry) { return entry.second < kMany; });
  return count;
}

std::string command_section(const Command& command, const std::map<Key, int>& shared) {
  std::string usage = "weft " + command.name, entries, common;
  std::string line = bold(usage);
  for (const Option& option : command.options) {
    if (is_argument(option)) line += " " + argument_text(option);
  }
  for (const Option& option : command.options) {
    if (is_argument(option)) {
      entries += ".TP\n" + italic(option.names) + "\n" + capital(escaped(option.help)) + ".\n";
    } else if (shared.count(key_of(option)) == 0) {
      entries += option_entry(option);
    } else {
      common += (common.empty() ? "" : ", ") + bold(names_of(option).back());
    }
  }
  std::string out = ".SS " + line + "\n" + capital(escaped(command.help)) + ".\n";
  if (!command.alias.empty()) out += "Also called " + bold("weft " + command.alias) + ".\n";
  out += entries;
  if (!common.empty()) out += ".PP\nOptions that it shares with others: " + common + ".\n";
  return out;
}

std::string shared_section(const Commands& commands, std::map<Key, int> shared) {
  std::string out = ".SH OPTIONS OF SEVERAL COMMANDS\n";
  for (const Command& command : commands.all) {
    for (const Option& option : command.options) {
      if (shared.erase(key_of(option)) != 0) out += option_entry(option);
    }
  }
  return out;
}

}  // namespace

Result<std::string> man_page(const Commands& commands, const std::string& reference) {
  const std::map<Key, int> shared = shared_options(commands);
  std::string out =
      ".\\\" Made from the options of the command and docs/reference.md when weft is built.\n"
      ".TH WEFT 1 \"\" \"weft " WEFT_VERSION "\" \"User Commands\"\n"
      ".SH NAME\nweft \\- run language models on this machine\n"
      ".SH SYNOPSIS\n\\fBweft\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n"
      ".PP\n\\fBweft help\\fR [\\fICOMMAND\\fR]\n.PP\n\\fBweft version\\fR\n"
      ".SH DESCRIPTION\n"
      "weft answers, chats, embeds, classifies and measures on models of this machine, and fetches them. A model is a "
      "folder,\na file, or a handle as \\fBhf://org/name\\fR; it runs as it was published. Results go to standard "
      "output, everything\nelse to standard error. All that is here, with examples, is in the guide for users beside "
      "this page:\n\\fIshare/doc/weft/docs/users.md\\fR.\n"
      ".SH COMMANDS\n"
      "\\fB\\-h\\fR and \\fB\\-\\-help\\fR tell what a command takes; \\fBweft \\-V\\fR and \\fBweft "
      "\\-\\-version\\fR which weft this is.\n";
  for (const Command& command : commands.all) out += command_section(command, shared);
  out += shared_section(commands, shared);
  struct Part {
    const char *title, *heading;
  };
  constexpr Part kParts[] = {{".SH ENVIRONMENT", "### weft"},
                             {".SS The Hub and other sources", "### Hub and other sources"},
                             {".SH SETTINGS IN weft.json", "## weft.json"},
                             {".SS plugins.options of weft.cpu", "### Options of weft.cpu"},
                             {".SS plugins.options of weft.hub", "### Options of weft.hub"},
                             {".SH FILES", "## Files and folders"},
                             {".SH EXIT STATUS", "## Exit codes"}};
  for (const Part& part : kParts) {
    WEFT_TRY(const Table table, table_of(reference, part.heading));
    out += std::string(part.title) + "\n" + list_of(table);
  }
  return out;
}

}  // namespace weft::app
