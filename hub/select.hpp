// Which files of a repository a model needs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hub/cache.hpp"

namespace weft::hub {

struct Wanted {
  std::string path;   // a file or folder of it; empty: the root
  std::string quant;  // GGUF files of this quant
  std::vector<std::string> include, exclude;  // globs; include not empty: those, whatever a model needs
  bool all = false;
};

struct Selection {
  std::vector<std::string> paths;
  /// What to open: a file, or a folder (empty: the root).
  std::string open;
  std::string told;  // of a choice that the user may want otherwise; "": none was made
};

/// Reads a small file of the repository.
using ReadFile = std::function<Result<std::string>(const Entry&)>;

/// Config, tokenizer, template, and one set of weights: safetensors, else PyTorch's, else GGUF. NOT_FOUND
/// for a path that is not there, FAILED_PRECONDITION where nothing can be run or a quant must be named.
Result<Selection> select_files(const Listing& listing, const Wanted& wanted, const ReadFile& read);

}  // namespace weft::hub
