// Projects of plugins to begin with, from the skeletons that are installed beside the command.
#pragma once

#include <string>
#include <vector>

#include "weft/status.hpp"

namespace weft::app {

/// The kinds of plugins that there are skeletons of.
inline constexpr const char* kSkeletons[] = {"backend", "family", "converter", "format", "source", "tokenizer"};

struct Project {
  std::string kind, name, vendor;  // kind: one of kSkeletons
  bool c = false;                  // C99 against weft/abi; otherwise C++20 with the SDK

  std::string id() const { return vendor + "." + name; }
};

/// INVALID_ARGUMENT: the name or the vendor is not what ids, files and targets may be called.
Status check_names(const Project& project);

/// Writes the project's files into `folder`, which must not exist or be empty, and gives their plain names. Of a
/// failure nothing stays. ALREADY_EXISTS: the folder has something in it. NOT_FOUND: the skeletons are not installed.
Result<std::vector<std::string>> write_project(const Project& project, const std::string& folder);

}  // namespace weft::app
