// From a handle to a verified local file or folder.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hub/http.hpp"
#include "hub/select.hpp"
#include "hub/settings.hpp"

namespace weft::hub {

/// How far a pull has come. The texts in it live as long as the call that gets it.
struct Progress {
  enum class Kind { kStart, kBytes, kFile, kDone } kind = Kind::kBytes;
  std::string_view file;  // with kBytes and kFile
  uint64_t done = 0, size = 0;
  uint64_t all_done = 0, all_size = 0;
  uint32_t files_done = 0, files = 0;
};

struct PullOptions {
  Wanted wanted;
  std::function<void(const Progress&)> progress;  // called from any thread, one call at a time
  Cancelled cancelled;
  std::function<void(const std::string&)> warn, note;  // `note` is told details, which matter only where much is shown
};

struct Pulled {
  std::string path;    // what to open
  std::string folder;  // the snapshot with it
  std::string commit;
  uint32_t fetched = 0;  // how many files were not there before
  std::vector<std::string> files;  // the chosen files of the snapshot
};

/// The schemes that pull() serves: hf, https, http (this machine alone), ollama, modelscope, kaggle.
const std::vector<std::string>& schemes();
/// Fetches what a handle needs and the cache lacks. Errors say what to do next, and hold neither a token, a signed URL
/// nor the home folder.
Result<Pulled> pull(const Settings& settings, const std::string& handle, const PullOptions& options);

class Delivery;
struct Started {
  Pulled pulled;
  std::shared_ptr<Delivery> rest;  // null: all files are there
};
/// Does the same, but returns while large weight files are on their way. The functions of `options` are called as long
/// as the delivery lives.
Result<Started> start_pull(const Settings& settings, const std::string& handle, const PullOptions& options);

}  // namespace weft::hub
