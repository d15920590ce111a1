// Inputs that are several files: what follows a line "=== NAME" is the file NAME, up to the next such line.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace weft::fuzz {

/// Writes the files of an input into `folder`, which is emptied first, and returns their names. A name that cannot be
/// one of a file in it is left out.
inline std::vector<std::string> write_input_files(const std::filesystem::path& folder, std::string_view input) {
  constexpr std::string_view kMark = "=== ";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::vector<std::string> names;
  while (input.starts_with(kMark)) {
    input.remove_prefix(kMark.size());
    const std::string name(input.substr(0, input.find('\n')));
    input.remove_prefix(std::min(name.size() + 1, input.size()));
    const std::size_t end = std::min(input.find("\n" + std::string(kMark)), input.size());
    const bool plain = !name.empty() && name.find('/') == name.npos && name.find('\0') == name.npos;
    if (plain && std::ofstream(folder / name, std::ios::binary).write(input.data(), static_cast<std::streamsize>(end)))
      names.push_back(name);
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return names;
}

}  // namespace weft::fuzz
