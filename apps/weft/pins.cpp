#include "apps/weft/pins.hpp"

#include <filesystem>
#include <vector>

#include "apps/weft/common.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/plugins/config.hpp"

namespace weft::app {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kNoSettings = "{\n  \"plugins\": {\n    \"pin\": {\n    }\n  }\n}\n";

/// "name": value. It ends at `end`, behind the value; `comma` is the comma that follows, or npos.
struct Member {
  std::size_t begin, value, end, comma;
};

/// Finds members in JSON with comments that a parser has taken.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::size_t root() {
    at_ = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    skip_blank();
    return at_;
  }

  /// The members of the object that begins at `open`; `close` gets the place of its closing brace.
  std::vector<Member> members(std::size_t open, std::size_t& close) {
    std::vector<Member> all;
    at_ = open + 1;
    for (skip_blank(); peek() != '}' && at_ < text_.size(); skip_blank()) {
      Member m{at_, 0, 0, std::string_view::npos};
      skip_value(), skip_blank();
      ++at_;  // the colon
      skip_blank();
      m.value = at_;
      skip_value();
      m.end = at_;
      skip_blank();
      if (peek() == ',') m.comma = at_++;
      all.push_back(m);
    }
    close = at_;
    return all;
  }

  /// The last of the members with this name, as the last of equal keys counts; null: there is none.
  const Member* find(const std::vector<Member>& all, const std::string& name) {
    const Member* found = nullptr;
    for (const Member& m : all) {
      at_ = m.begin;
      skip_value();
      const auto key = parse_json(text_.substr(m.begin, at_ - m.begin));
      if (key.ok() && *key == name) found = &m;
    }
    return found;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_blank() {
    for (; at_ < text_.size(); ++at_) {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("//")) at_ = std::min(text_.find('\n', at_), text_.size());
      else if (rest.starts_with("/*")) at_ = std::min(text_.find("*/", at_ + 2), text_.size() - 2) + 1;
      else if (kBlank.find(rest[0]) == kBlank.npos) return;
    }
  }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) at_ += text_[at_] == '\\';
    ++at_;
  }
  void skip_value() {
    if (peek() == '"') return skip_string();
    if (peek() != '{' && peek() != '[') {
      at_ = std::min(text_.find_first_of(",]}/ \t\r\n", at_), text_.size());
      return;
    }
    int depth = 0;
    do {
      skip_blank();
      const char c = peek();
      if (c == '"') {
        skip_string();
        continue;
      }
      depth += (c == '{' || c == '[') - (c == '}' || c == ']');
      ++at_;
    } while (depth > 0 && at_ < text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Puts a member before those of the object at `open`, or into the empty object, in lines where it is in lines.
void insert(std::string& text, const std::vector<Member>& members, std::size_t close, const std::string& member) {
  const std::size_t at = members.empty() ? close : members.front().begin;
  const std::size_t blank = text.find_last_not_of(kBlank, at - 1) + 1, line = text.rfind('\n', at - 1);
  const bool in_lines = line != text.npos && line >= blank;
  if (!members.empty()) {
    text.insert(at, member + "," + (in_lines ? text.substr(line, at - line) : " "));
  } else {
    const std::string whole_line = in_lines ? text.substr(line + 1, at - line - 1) + "  " + member + "\n" : "";
    text.insert(in_lines ? line + 1 : at, in_lines ? whole_line : member);
  }
}

void erase(std::string& text, const std::vector<Member>& members, const Member& m) {
  const std::size_t before = text.find_last_not_of(kBlank, m.begin - 1) + 1;
  if (m.comma != text.npos) {
    text.erase(m.end, m.comma + 1 - m.end);  // comments between value and comma go too
    text.erase(before, m.end - before);
  } else {
    text.erase(before, m.end - before);
    if (&m != &members.front()) text.erase((&m - 1)->comma, 1);
  }
}

std::string set_pin(std::string text, const std::string& id, const std::string& sha256) {
  const std::string quoted = Json(id).dump(), pin = quoted + ": \"" + sha256 + "\"";
  std::size_t open = Scanner(text).root(), close = 0;
  const std::pair<const char*, std::string> path[] = {{"plugins", "\"plugins\": {\"pin\": {" + pin + "}}"},
                                                      {"pin", "\"pin\": {" + pin + "}"}};
  for (const auto& [name, whole] : path) {
    Scanner scanner(text);
    const std::vector<Member> members = scanner.members(open, close);
    const Member* m = scanner.find(members, name);
    if (m == nullptr) {
      if (!sha256.empty()) insert(text, members, close, whole);
      return text;
    }
    open = m->value;
  }
  Scanner scanner(text);
  const std::vector<Member> members = scanner.members(open, close);
  const Member* m = scanner.find(members, id);
  if (m == nullptr) {
    if (!sha256.empty()) insert(text, members, close, pin);
  } else if (sha256.empty()) {
    erase(text, members, *m);
  } else {
    text.replace(m->value, m->end - m->value, "\"" + sha256 + "\"");
  }
  return text;
}

}  // namespace

Result<std::string> with_pins(std::string_view text, const std::string& where,
                              const std::map<std::string, std::string>& pins) {
  std::string edited(text.empty() ? kNoSettings : text);
  WEFT_TRY(Config config, parse_config(edited, where));
  for (const auto& [id, sha256] : pins) {
    edited = set_pin(std::move(edited), id, sha256);
    if (sha256.empty()) config.pin.erase(id);
    else config.pin[id] = sha256;
  }
  const auto read_back = parse_config(edited, where);
  if (!read_back.ok() || read_back->pin != config.pin)
    return error(Code::kInternal, "{}: plugins.pin could not be changed; change it with an editor", where);
  return edited;
}

Status write_pins(const std::string& path, const std::map<std::string, std::string>& pins) {
  std::error_code failed;
  std::string text;
  if (std::filesystem::exists(path, failed)) {
    WEFT_TRY(text, read_whole_file(path));
  } else {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  }
  WEFT_TRY(const std::string edited, with_pins(text, path, pins));
  const std::string_view parts[] = {edited};
  return edited == text ? Status() : write_whole(path, parts);
}

}  // namespace weft::app
