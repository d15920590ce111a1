#include "apps/weft/skeleton.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "apps/weft/common.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"
#include "core/base/folder.hpp"
#include "core/plugins/own_folder.hpp"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A letter, then letters, digits, _ and -: what targets of CMake, file names and parts of ids have in common.
bool is_word(std::string_view text) {
  const auto fits = [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= 64 && is_letter(text[0]) && std::all_of(text.begin(), text.end(), fits);
}

std::string with_values(std::string text, const Project& p) {
  const std::pair<const char*, std::string> values[] = {{"@NAME@", p.name},
                                                        {"@ID@", p.id()},
                                                        {"@VENDOR@", p.vendor},
                                                        {"@LANGUAGES@", p.c ? "C" : "C CXX"},
                                                        {"@SOURCE@", p.name + (p.c ? ".c" : ".cpp")}};
  for (const auto& [placeholder, value] : values) {
    for (std::size_t at = 0; (at = text.find(placeholder, at)) != text.npos; at += value.size())
      text.replace(at, std::string_view(placeholder).size(), value);
  }
  return text;
}

/// The files of a skeleton by their plain names: those of the language go before those of both languages.
Result<std::map<std::string, std::string>> files_of(const Project& p) {
  const fs::path skeleton = (fs::path(own_folder()) / WEFT_SKELETONS_FROM_BIN / p.kind).lexically_normal();
  std::map<std::string, std::string> files;
  for (const fs::path& folder : {skeleton / (p.c ? "c" : "cpp"), skeleton}) {
    const auto names = list_folder(folder, Entries::kRegularFiles);
    if (!names.ok())
      return error(Code::kNotFound, "{}: {}; install weft's component sdk there", folder.string(),
                   names.status().message());
    for (const std::string& name : *names) files.emplace(name, (folder / name).string());
  }
  return files;
}

/// Removes the files that it was told of, and the folder where it made that, unless keep() was called.
class Undo {
 public:
  ~Undo() {
    std::error_code ignored;
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) fs::remove(*path, ignored);
  }
  void made(std::string path) { made_.push_back(std::move(path)); }
  void keep() { made_.clear(); }

 private:
  std::vector<std::string> made_;
};

}  // namespace

Status check_names(const Project& p) {
  if (!is_word(p.name))
    return invalid("the name is \"{}\", expected a letter, then letters, digits, _ and -, 64 at most", p.name);
  const std::string ended = p.vendor + ".";
  std::string_view rest = ended;
  int words = 0;
  for (; is_word(rest.substr(0, rest.find('.'))); ++words) rest.remove_prefix(rest.find('.') + 1);
  if (words < 2 || !rest.empty())
    return invalid("the vendor is \"{}\", expected a domain of yours, turned round: com.acme", p.vendor);
  return {};
}

Result<std::vector<std::string>> write_project(const Project& p, const std::string& folder) {
  if (own_folder().empty()) return error(Code::kNotFound, "it is not known where weft lies, and so its skeletons");
  WEFT_TRY(const auto files, files_of(p));
  std::error_code failed;
  Undo undo;
  if (fs::exists(folder, failed)) {
    if (!fs::is_directory(folder, failed)) return error(Code::kAlreadyExists, "{}: is no folder", folder);
    if (!fs::is_empty(folder, failed))
      return error(Code::kAlreadyExists, "{}: is not empty; -o names another folder", folder);
  } else {
    if (!fs::create_directories(folder, failed) || failed)
      return error(Code::kUnavailable, "{}: cannot be made: {}", folder, failed.message());
    undo.made(folder);
  }
  std::vector<std::string> written;
  for (const auto& [name, skeleton] : files) {
    WEFT_TRY(const std::string text, read_whole_file(skeleton));
    const std::string values = with_values(text, p);
    const std::string_view parts[] = {values};
    written.push_back(name.starts_with("plugin.") ? with_values("@SOURCE@", p) : name);
    const std::string path = folder + "/" + written.back();
    WEFT_CHECK_OK(write_whole(path, parts));
    undo.made(path);
  }
  undo.keep();
  return written;
}

}  // namespace weft::app
