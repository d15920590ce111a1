// Completion of commands in a chat.
#include <algorithm>
#include <filesystem>

#include "apps/weft/chat.hpp"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> beginning_with(const std::string& begun, std::vector<std::string> words) {
  std::erase_if(words, [&](const std::string& word) { return !word.starts_with(begun); });
  std::sort(words.begin(), words.end());
  return words;
}

/// Names, behind which a blank stands.
std::vector<std::string> names(const std::string& begun, std::vector<std::string> all) {
  for (std::string& name : all) name += ' ';
  return beginning_with(begun, std::move(all));
}

/// The entries of the folder that `begun` names; folders end with a slash.
std::vector<std::string> paths(const std::string& begun) {
  const std::string folder = begun.substr(0, begun.rfind('/') + 1);  // "" where there is no slash
  std::vector<std::string> words;
  std::error_code failed;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    std::error_code ignored;
    words.push_back(folder + at->path().filename().string() + (at->is_directory(ignored) ? "/" : ""));
  }
  return beginning_with(begun, std::move(words));
}

}  // namespace

std::vector<std::string> Chat::completions(const std::string& before) {
  const std::size_t blank = before.find(' ');
  if (blank == before.npos) return names(before, command_names());
  const std::string command = before.substr(0, blank), begun = before.substr(before.rfind(' ') + 1);
  if (before.find_first_not_of(' ', blank) < before.size() - begun.size()) return {};  // it is not the first argument
  if (command == "/set") return names(begun, setting_names());
  if (command == "/save" || command == "/load") return paths(begun);
  return {};
}

}  // namespace weft::app
