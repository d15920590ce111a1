// Which files of a repository a model needs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hub/cache.hpp"

namespace weft::hub {

struct Wanted {
  std::string path;   // a file or folder of the repository; empty: its root
  std::string quant;  // takes the GGUF files of this quant
  std::vector<std::string> include, exclude;  // globs; when one is given, they decide, and not what a model needs
  bool all = false;
};

struct Selection {
  std::vector<std::string> paths;
  /// What to open: a file or a folder, relative to the repository; empty: its root.
  std::string open;
  std::string told;  // tells of a choice that the user may want to make otherwise; empty: there was none
};

/// Reads a small file of the repository.
using ReadFile = std::function<Result<std::string>(const Entry&)>;

/// Chooses config, tokenizer, template and one set of weights: safetensors, or else PyTorch's, or else GGUF. NOT_FOUND
/// for a path that is not there; FAILED_PRECONDITION where nothing can be run, or a quant must be named.
Result<Selection> select_files(const Listing& listing, const Wanted& wanted, const ReadFile& read);

}  // namespace weft::hub
